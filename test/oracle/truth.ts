/** The same normalization as real numbers: of the data from the start, and of what each emulated stage was given. */
import { isTop, type Norm } from "./emulated.js";
import { type Numbers, zeros } from "./errors.js";
import { type Real, type Reals, sumOf } from "./reals.js";
import { Rounder } from "./rounder.js";
import type { Traced } from "./traced.js";
import {
  constantOf,
  isApart,
  isElementwise,
  isFolded,
  isUnderRoot,
  type StageName,
  stagesOf,
  summedOf,
  takesDistances,
  termPower,
  type Work,
} from "./work.js";

type Stages = ReadonlyMap<StageName, Required<Numbers>>;

function put<R extends Real<R>>(to: Required<Numbers>, place: number, value: R): void {
  to.high[place] = value.high;
  to.low[place] = value.low;
}

function empty(work: Work): Map<StageName, Required<Numbers>> {
  const { values, groups } = work;
  return new Map(
    stagesOf(work).map((name) => [name, zeros(isElementwise(work, name) ? values.length : groups.length)]),
  );
}

function of<T>(map: ReadonlyMap<StageName, T>, name: StageName): T {
  const found = map.get(name);
  if (found === undefined) throw new RangeError(`no stage ${name}`);
  return found;
}

/** The sizes from the largest down, as far as k; any that is not a number makes all of them so. */
function farthest<R extends Real<R>>(reals: Reals<R>, sizes: readonly R[], k: number): R[] {
  if (sizes.some((size) => Number.isNaN(size.high))) return new Array(k).fill(reals.of(NaN));
  return [...sizes].sort((a, b) => b.compare(a)).slice(0, k);
}

/** Largest minus smallest; not a number if any is not. */
function spread<R extends Real<R>>(reals: Reals<R>, d: readonly R[]): R {
  let least = reals.of(Infinity);
  let most = reals.of(-Infinity);
  for (const value of d) {
    if (Number.isNaN(value.high)) return value;
    if (value.compare(most) > 0) most = value;
    if (value.compare(least) < 0) least = value;
  }
  return most.minus(least);
}

/** What the terms are reduced to: their sum, the sum of the k largest, the largest, or max d - min d. */
function reduced<R extends Real<R>>(reals: Reals<R>, norm: Norm, d: readonly R[], terms: readonly R[]): R {
  if (norm === "range") return spread(reals, d);
  if (norm === "linf") return farthest(reals, terms, 1)[0];
  return sumOf(reals, isTop(norm) ? farthest(reals, terms, norm.topk) : terms);
}

/** S of a group of n elements from what its terms are reduced to. */
function scaleOf<R extends Real<R>>(reals: Reals<R>, work: Work, norm: Norm, n: number, raw: R): R {
  const eps = reals.of(work.eps);
  const constant = reals.of(constantOf(work, n));
  const k = summedOf(norm, n);
  const mean = k > 0 ? raw.over(reals.of(k)) : raw;
  if (norm === "l2") return mean.plus(eps).sqrt();
  if (isUnderRoot(norm)) return mean.plus(eps).root(termPower(norm)).times(constant);
  return mean.times(constant).plus(eps);
}

/** S of a deviation that is given. */
function scaleOfGiven<R extends Real<R>>(reals: Reals<R>, { norm, eps }: Work, deviation: R): R {
  const small = reals.of(eps);
  return norm === "l2" ? deviation.times(deviation).plus(small).sqrt() : deviation.plus(small);
}

function termOf<R extends Real<R>>(norm: Norm, d: R): R {
  if (norm === "l2") return d.times(d);
  const size = d.abs();
  return isUnderRoot(norm) ? size.power(termPower(norm)) : size;
}

function affine<R extends Real<R>>(reals: Reals<R>, { weight, bias }: Work, position: number, y: R): R {
  const weighted = weight ? y.times(reals.of(weight[position])) : y;
  return bias ? weighted.plus(reals.of(bias[position])) : weighted;
}

/** "total": the sum for the mean, or a mean that is given; "square": what S is the root of, of a deviation that is given; "difference": x - mean, as part of an output. */
type Sized = StageName | "total" | "square" | "difference";

/** Every stage from the original data. */
export interface Truth {
  readonly stages: Stages;
  /** Largest finite magnitudes over all groups, by what they are of. */
  readonly largest: ReadonlyMap<Sized, number>;
  /** Their logarithms to base 2. */
  readonly logs: ReadonlyMap<Sized, number>;
  /** Σ|x| / |Σx| of each group. */
  readonly condition: Float64Array;
}

export function truth<R extends Real<R>>(reals: Reals<R>, work: Work): Truth {
  const { values, groups, norm, centred, given } = work;
  const apart = isApart(work);
  const stages = empty(work);
  const largest = new Map<Sized, number>();
  const logs = new Map<Sized, number>();
  const condition = new Float64Array(groups.length).fill(1);
  const seen = (name: Sized, value: R) => {
    const size = Math.abs(value.high);
    if (!Number.isFinite(size) || size < (largest.get(name) ?? 0)) return;
    largest.set(name, size);
    logs.set(name, Math.max(logs.get(name) ?? -Infinity, value.log2()));
  };
  const keep = (name: StageName, place: number, value: R) => {
    put(of(stages, name), place, value);
    seen(name, value);
  };
  groups.forEach((at, g) => {
    const n = at.length;
    const x = Array.from(at, (position) => reals.of(values[position]));
    x.forEach((value, i) => {
      keep("input", at[i], value);
    });
    let d = x;
    let mean: R | undefined;
    if (centred) {
      const total = given ? reals.of(given.mean[g]) : sumOf(reals, x);
      const middle = given ? total : total.over(reals.of(n));
      mean = middle;
      const sizes = sumOf(
        reals,
        x.map((value) => value.abs()),
      );
      condition[g] = given ? Number.NaN : sizes.over(total.abs()).high;
      seen("total", total);
      keep("mean", g, middle);
      if (apart) keep("roundedMean", g, middle);
      d = x.map((value) => value.minus(middle));
      d.forEach((value, i) => {
        if (takesDistances(work)) keep("centre", at[i], value);
        if (apart) seen("difference", value);
      });
    }
    let scale: R | undefined;
    if (norm !== "none") {
      if (given) {
        scale = scaleOfGiven(reals, work, reals.of(given.deviation[g]));
      } else {
        const terms = d.map((value) => termOf(norm, value));
        terms.forEach((value, i) => {
          keep("term", at[i], value);
        });
        const raw = reduced(reals, norm, d, terms);
        keep("sum", g, raw);
        scale = scaleOf(reals, work, norm, n, raw);
      }
      keep("deviation", g, scale);
      if (given && norm === "l2") seen("square", scale.times(scale));
      const inverse = reals.of(1).over(scale);
      keep("reciprocal", g, inverse);
      if (apart) keep("roundedReciprocal", g, inverse);
    }
    d.forEach((value, i) => {
      keep("output", at[i], affine(reals, work, at[i], scale ? value.over(scale) : value));
    });
    if (!isFolded(work)) return;
    const each = isElementwise(work, "slope");
    for (const position of each ? Array.from(at) : [at[0]]) {
      const weight = reals.of(work.weight?.[position] ?? 1);
      const slope = scale ? weight.over(scale) : weight;
      const bias = reals.of(work.bias?.[position] ?? 0);
      keep("slope", each ? position : g, slope);
      keep("shift", each ? position : g, mean ? bias.minus(mean.times(slope)) : bias);
    }
  });
  return { stages, largest, logs, condition };
}

/** What each stage would have given without rounding, from what the stages before it gave. */
export function unrounded<R extends Real<R>>(traced: Traced<R>): Stages {
  const { work, reals } = traced;
  const { values, groups, norm, centred, given } = work;
  const apart = isApart(work);
  const stages = empty(work);
  const emulated = (name: StageName, at: ArrayLike<number>) => {
    const { high } = traced.stage(name);
    return Array.from(at, (position) => reals.of(high[position]));
  };
  const keep = (name: StageName, place: number, value: R) => put(of(stages, name), place, value);
  groups.forEach((at, g) => {
    const n = at.length;
    for (const position of Array.from(at)) keep("input", position, reals.of(values[position]));
    let d = emulated("input", at);
    if (centred) {
      keep("mean", g, given ? reals.of(given.mean[g]) : sumOf(reals, d).over(reals.of(n)));
      const mean = reals.of(traced.stage("mean").high[g]);
      if (takesDistances(work)) {
        d.forEach((value, i) => {
          keep("centre", at[i], value.minus(mean));
        });
        d = emulated("centre", at);
      }
    }
    let inverse: R | undefined;
    if (norm !== "none") {
      if (given) {
        keep("deviation", g, scaleOfGiven(reals, work, reals.of(given.deviation[g])));
      } else {
        d.forEach((value, i) => {
          keep("term", at[i], termOf(norm, value));
        });
        keep("sum", g, reduced(reals, norm, d, emulated("term", at)));
        const { high, low } = traced.stage("sum");
        keep("deviation", g, scaleOf(reals, work, norm, n, reals.of(high[g]).plus(reals.of(low[g]))));
      }
      keep("reciprocal", g, reals.of(1).over(reals.of(traced.stage("deviation").high[g])));
      inverse = reals.of(traced.stage(apart ? "roundedReciprocal" : "reciprocal").high[g]);
    }
    if (isFolded(work)) {
      const each = isElementwise(work, "slope");
      const given = (name: StageName, position: number) => reals.of(traced.stage(name).high[each ? position : g]);
      const rounder = new Rounder(work.arithmetic.compute);
      const parameter = (values: ArrayLike<number> | undefined, position: number, absent: number) =>
        reals.of(values ? rounder.round(values[position]) : absent);
      for (const position of each ? Array.from(at) : [at[0]]) {
        const place = each ? position : g;
        const weight = parameter(work.weight, position, 1);
        const bias = parameter(work.bias, position, 0);
        keep("slope", place, norm === "none" ? weight : weight.times(reals.of(traced.stage("reciprocal").high[g])));
        const mean = centred ? reals.of(traced.stage("mean").high[g]) : undefined;
        keep("shift", place, mean ? bias.minus(mean.times(reals.of(traced.factors[place]))) : bias);
      }
      emulated("input", at).forEach((value, i) => {
        keep("output", at[i], value.times(given("slope", at[i])).plus(given("shift", at[i])));
      });
      return;
    }
    if (apart && norm !== "none") keep("roundedReciprocal", g, reals.of(traced.stage("reciprocal").high[g]));
    if (apart) d = emulated("input", at);
    if (apart && centred) {
      keep("roundedMean", g, reals.of(traced.stage("mean").high[g]));
      const mean = reals.of(traced.stage("roundedMean").high[g]);
      d = d.map((value) => value.minus(mean));
    }
    d.forEach((value, i) => {
      keep("output", at[i], affine(reals, work, at[i], inverse ? value.times(inverse) : value));
    });
  });
  return stages;
}
