/** Error statistics the plain way: pair by pair, all errors sorted. */
import type { ErrorStatistics } from "../../src/diagnosis.js";
import type { FormatSpec } from "../../src/formats.js";

const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** floor(log2 |x|) of a nonzero number. */
export function binade(x: number): number {
  const guess = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** guess > Math.abs(x) ? guess - 1 : 2 ** (guess + 1) <= Math.abs(x) ? guess + 1 : guess;
}

/** The spacing of a format at a real number. */
export function ulp(v: number, { precision, emin, emax }: FormatSpec): number {
  return 2 ** (v === 0 ? emin : Math.max(Math.min(binade(v), emax), emin)) / 2 ** (precision - 1);
}

/** Pairs of a computed and an exact number, in the order of their indices. */
export function statisticsOf(computed: ArrayLike<number>, exact: ArrayLike<number>, unit: FormatSpec): ErrorStatistics {
  const errors: number[] = [];
  const [dd, vv, cv, cc]: number[][] = [[], [], [], []];
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const greatest = (list: number[]) => list.reduce((a, b) => Math.max(a, b), 0);
  const absolute: number[] = [];
  const relative: number[] = [];
  let mismatchedSpecials = 0;
  let worstIndex: number | null = null;
  let maxUlp: number | null = null;
  for (let i = 0; i < computed.length; i++) {
    const c = computed[i];
    const v = exact[i];
    if (!Number.isFinite(c) || !Number.isFinite(v)) {
      if (!Object.is(c, v)) mismatchedSpecials++;
      continue;
    }
    const e = (c - v) / ulp(v, unit);
    errors.push(e);
    dd.push((c - v) ** 2);
    vv.push(v * v);
    cv.push(c * v);
    cc.push(c * c);
    absolute.push(Math.abs(c - v));
    if (v !== 0) relative.push(Math.abs((c - v) / v));
    if (maxUlp === null || Math.abs(e) > Math.abs(maxUlp)) {
      maxUlp = e;
      worstIndex = i;
    }
  }
  const m = errors.length;
  const sizes = Float32Array.from(errors, Math.abs).sort();
  const quantile = (thousandths: number) => (m ? finite(sizes[Math.ceil((thousandths * m) / 1000) - 1]) : null);
  const some = (x: number) => (m ? finite(x) : null);
  const maxRel = greatest(relative);
  return {
    count: computed.length,
    maxUlp: maxUlp === null ? null : finite(maxUlp),
    meanUlp: some(sum(errors) / m),
    rmsUlp: some(Math.sqrt(sum(errors.map((e) => e * e)) / m)),
    p50Ulp: quantile(500),
    p99Ulp: quantile(990),
    p999Ulp: quantile(999),
    worstIndex,
    maxAbs: some(greatest(absolute)),
    maxRel: some(maxRel),
    sqnrDb: some(10 * Math.log10(sum(vv) / sum(dd))),
    cosine: some(sum(cv) / Math.sqrt(sum(cc)) / Math.sqrt(sum(vv))),
    significantBits: some(mismatchedSpecials ? 0 : Math.min(Math.max(-Math.log2(maxRel), 0), 53)),
    mismatchedSpecials,
  };
}
