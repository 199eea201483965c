/** Statistics of errors, by their definitions. */
import { exponentOf, type Format, powerOfTwo, spacing } from "./formats.js";

/** Numbers as sums of two float64 each, the nearest and the rest; no rest: the float64 are the numbers. */
export interface Numbers {
  readonly high: Float64Array;
  readonly low?: Float64Array;
}

export function zeros(length: number): { high: Float64Array; low: Float64Array } {
  return { high: new Float64Array(length), low: new Float64Array(length) };
}

/** As in the published diagnosis; null where there is no finite number. */
export interface Errors {
  readonly count: number;
  readonly maxUlp: number | null;
  readonly meanUlp: number | null;
  readonly rmsUlp: number | null;
  readonly p50Ulp: number | null;
  readonly p99Ulp: number | null;
  readonly p999Ulp: number | null;
  readonly worstIndex: number | null;
  readonly maxAbs: number | null;
  readonly maxRel: number | null;
  readonly sqnrDb: number | null;
  readonly cosine: number | null;
  readonly significantBits: number | null;
  readonly mismatchedSpecials: number;
}

export interface Judged {
  readonly statistics: Errors;
  /** The signed error of each pair in units in the last place; NaN where a member is not finite. */
  readonly ulps: Float64Array;
  /** The greatest unit of them. */
  readonly unit: number;
  /** The greatest exact value in its unit: beyond the range of the format it has more than 2^p of them. */
  readonly mostUnits: number;
  /** Some exact value is so close to a power of two that its unit may be that of either side. */
  readonly ambiguous: boolean;
}

/**
 * The unit in the last place at an exact value, in the range of the format. The value is the nearest float64: what is
 * only that far below a power of two counts as the power, or a constant tensor would be measured in either of two units.
 */
export function unitAt(format: Format, value: number): number {
  return spacing(format, Math.min(Math.abs(value), format.max));
}

/** Whether a number is next to a power of two without being one: no further off than float64 results may be. */
function isNearPower(high: number, low: number): boolean {
  if (high === 0) return false;
  const power = powerOfTwo(exponentOf(Math.abs(high) * (1 + 2 ** -48)));
  return Math.abs(Math.abs(high) - power) < power * 2 ** -47 && (low !== 0 || Math.abs(high) !== power);
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Computed values against exact ones, in units of a format. */
export function judge(computed: Numbers, exact: Numbers, format: Format): Judged {
  const { high: c, low: cLow } = computed;
  const { high: v, low: vLow } = exact;
  const count = c.length;
  const ulps = new Float64Array(count);
  const sizes = new Float32Array(count);
  let ordinary = 0;
  let mismatchedSpecials = 0;
  let worst = -1;
  let maxUlp = 0;
  let sum = 0;
  let squares = 0;
  let maxAbs = 0;
  let maxRel = 0;
  let signal = 0;
  let noise = 0;
  let power = 0;
  let product = 0;
  let unit = 0;
  let mostUnits = 0;
  let ambiguous = false;
  for (let i = 0; i < count; i++) {
    const [a, b] = [c[i], v[i]];
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      if (!Object.is(a, b)) mismatchedSpecials++;
      ulps[i] = NaN;
      continue;
    }
    const difference = a - b + ((cLow ? cLow[i] : 0) - (vLow ? vLow[i] : 0));
    const own = unitAt(format, b);
    unit = Math.max(unit, own);
    mostUnits = Math.max(mostUnits, Math.abs(b) / own);
    ambiguous ||= isNearPower(b, vLow ? vLow[i] : 0);
    const error = difference / own;
    ulps[i] = error;
    const size = Math.abs(error);
    sizes[ordinary++] = size;
    if (worst < 0 || size > Math.abs(maxUlp)) {
      worst = i;
      maxUlp = error;
    }
    sum += error;
    squares += error * error;
    maxAbs = Math.max(maxAbs, Math.abs(difference));
    if (b !== 0) maxRel = Math.max(maxRel, Math.abs(difference / b));
    signal += b * b;
    noise += difference * difference;
    power += a * a;
    product += a * b;
  }
  const sorted = sizes.subarray(0, ordinary).sort();
  const percentile = (perMille: number) =>
    ordinary ? finite(sorted[Math.ceil((perMille * ordinary) / 1000) - 1]) : null;
  const some = (value: number) => (ordinary ? finite(value) : null);
  const bits = mismatchedSpecials ? 0 : maxRel === 0 ? 53 : Math.min(Math.max(-Math.log2(maxRel), 0), 53);
  return {
    ulps,
    unit,
    mostUnits,
    ambiguous,
    statistics: {
      count,
      maxUlp: some(maxUlp),
      meanUlp: some(sum / ordinary),
      rmsUlp: some(Math.sqrt(squares / ordinary)),
      p50Ulp: percentile(500),
      p99Ulp: percentile(990),
      p999Ulp: percentile(999),
      worstIndex: ordinary ? worst : null,
      maxAbs: some(maxAbs),
      maxRel: some(maxRel),
      sqnrDb: some(10 * Math.log10(signal / noise)),
      cosine: some(product / Math.sqrt(power * signal)),
      significantBits: some(bits),
      mismatchedSpecials,
    },
  };
}
