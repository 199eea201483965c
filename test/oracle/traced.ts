/** A normalization in emulated arithmetic, operation by operation: the values of every stage and what happened in it. */
import { counted, ofStatistics } from "./arithmetic.js";
import { isTop, maximum, type Norm } from "./emulated.js";
import { zeros } from "./errors.js";
import type { Format } from "./formats.js";
import { type Real, type Reals, sumOf } from "./reals.js";
import { Log, Steps } from "./steps.js";
import {
  constantOf,
  isApart,
  isComputed,
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

/** The values of a stage: those of elements at their place in the tensor, those of groups in order. */
export interface StageValues {
  readonly high: Float64Array;
  /** Of an exact sum, which is no number of a format; otherwise 0. */
  readonly low: Float64Array;
  readonly log: Log;
}

/** The k largest from the largest down; NaN counts as larger than any number. */
export function largest(sizes: Float64Array, k: number): Float64Array {
  return Float64Array.from(sizes).sort().reverse().slice(0, k); // NaN is sorted behind everything
}

/** The stages of a normalization. R: the numbers that exact sums are taken in. */
export class Traced<R extends Real<R>> {
  readonly stages = new Map<StageName, StageValues>();
  /** Groups of finite data whose sum or scale was infinite, and nothing in the output tells. */
  absorbedOverflow = 0;
  /** weight / S before it goes to the compute format, which b is made of: as stage "slope" has it. */
  readonly factors: Record<number, number> = {};

  constructor(
    readonly work: Work,
    readonly reals: Reals<R>,
  ) {
    const { values, groups } = work;
    for (const name of stagesOf(work)) {
      this.stages.set(name, { ...zeros(isElementwise(work, name) ? values.length : groups.length), log: new Log() });
    }
    for (let g = 0; g < groups.length; g++) this.#group(g);
  }

  stage(name: StageName): StageValues {
    const found = this.stages.get(name);
    if (!found) throw new RangeError(`no stage ${name}`);
    return found;
  }

  #group(g: number): void {
    const { values, groups, norm, centred, weight, bias, arithmetic, given } = this.work;
    const apart = isApart(this.work);
    const at = groups[g];
    const x = this.#each("input", g, (steps, i) => steps.convert(values[at[i]]));
    let d = x;
    const middle = centred ? (given ? this.#givenMean(g, given.mean[g]) : this.#mean(g, x)) : undefined;
    if (middle !== undefined && takesDistances(this.work)) {
      d = this.#each("centre", g, (steps, i) => steps.subtract(x[i], middle));
    }
    const scaled = (by: Norm) => (given ? this.#givenScale(g, given.deviation[g], by) : this.#scale(g, d, by));
    const scale = norm === "none" ? undefined : scaled(norm);
    const parameters = new Steps(arithmetic.compute, new Log());
    if (isFolded(this.work)) {
      this.#folded(g, x, middle, scale?.inverse);
      this.#absorb(g, scale?.infinite);
      return;
    }
    const mean = apart && middle !== undefined ? this.#toCompute("roundedMean", g, middle) : undefined;
    const inverse = scale && (apart ? this.#toCompute("roundedReciprocal", g, scale.inverse) : scale.inverse);
    this.#each("output", g, (steps, i) => {
      let y = apart ? x[i] : d[i];
      if (mean !== undefined) y = steps.subtract(y, mean);
      if (inverse !== undefined) y = steps.multiply(y, inverse);
      if (weight) y = steps.multiply(y, parameters.convert(weight[at[i]]));
      if (bias) y = steps.add(y, parameters.convert(bias[at[i]]));
      return y;
    });
    this.#absorb(g, scale?.infinite);
  }

  /** Counts a group of finite data with nothing but finite outputs, where something was infinite. */
  #absorb(g: number, infinite = false): void {
    const { high } = this.stage("output");
    const { values, groups, given } = this.work;
    if (given && !(Number.isFinite(given.mean[g]) && Number.isFinite(given.deviation[g]))) return;
    if (infinite && Array.from(groups[g]).every((i) => Number.isFinite(high[i]) && Number.isFinite(values[i]))) {
      this.absorbedOverflow++;
    }
  }

  /** The output as x · a + b. What is absent takes no operation. */
  #folded(g: number, x: Float64Array, mean: number | undefined, inverse: number | undefined): void {
    const { groups, weight, bias, arithmetic } = this.work;
    const { compute } = arithmetic;
    const at = groups[g];
    const statistics = ofStatistics(arithmetic);
    const parameters = new Steps(compute, new Log());
    const each = isElementwise(this.work, "slope");
    const take = (name: StageName, value: (given: Steps, i: number) => number, i: number) => {
      const steps = this.#steps(name, g, statistics);
      steps.log.index = each ? i : null;
      const given = value(steps, i);
      const result = statistics === compute ? given : this.#convert(name, g, given, each ? i : null);
      this.stage(name).high[each ? at[i] : g] = result;
      return [given, result];
    };
    const factors: number[][] = [];
    for (let i = 0; i < (each ? at.length : 1); i++) {
      const [factor, a] = take(
        "slope",
        (steps) => (weight ? steps.multiply(inverse ?? 1, parameters.convert(weight[at[i]])) : (inverse ?? 1)),
        i,
      );
      const [, b] = take(
        "shift",
        (steps) => {
          const taken = mean === undefined ? 0 : steps.multiply(mean, factor);
          return bias ? steps.subtract(parameters.convert(bias[at[i]]), taken) : 0 - taken;
        },
        i,
      );
      factors.push([a, b]);
      if (each) this.factors[at[i]] = factor;
      else this.factors[g] = factor;
    }
    this.#each("output", g, (steps, i) => {
      const [a, b] = factors[each ? i : 0];
      return steps.add(steps.multiply(x[i], a), b);
    });
  }

  #convert(name: StageName, group: number, value: number, index: number | null): number {
    const steps = this.#steps(name, group, this.work.arithmetic.compute);
    steps.log.index = index;
    return steps.convert(value);
  }

  /** A number of the statistics, rounded to the compute format. */
  #toCompute(name: StageName, group: number, value: number): number {
    const rounded = this.#steps(name, group).convert(value);
    this.stage(name).high[group] = rounded;
    return rounded;
  }

  /** Operations in the format of the stage. */
  #steps(name: StageName, group: number, format = this.#formatOf(name)): Steps {
    const { log } = this.stage(name);
    log.group = group;
    log.index = null;
    return new Steps(format, log);
  }

  #formatOf(name: StageName): Format {
    const { arithmetic } = this.work;
    return isComputed(name) ? arithmetic.compute : ofStatistics(arithmetic);
  }

  /** A value for every element of a group. */
  #each(name: StageName, group: number, value: (steps: Steps, i: number) => number): Float64Array {
    const at = this.work.groups[group];
    const steps = this.#steps(name, group);
    const { high, log } = this.stage(name);
    const values = new Float64Array(at.length);
    for (let i = 0; i < at.length; i++) {
      log.index = i;
      values[i] = value(steps, i);
      high[at[i]] = values[i];
    }
    return values;
  }

  #mean(group: number, x: Float64Array): number {
    const steps = this.#steps("mean", group);
    const mean = this.#quotient(steps, this.#sum("mean", group, x), counted(this.work.arithmetic, x.length));
    this.stage("mean").high[group] = mean;
    return mean;
  }

  #givenMean(group: number, value: number): number {
    const mean = this.#steps("mean", group).convert(value);
    this.stage("mean").high[group] = mean;
    return mean;
  }

  /** The scale S of a deviation that is given: the root of its square and eps for L2, else the sum of the two. */
  #givenScale(group: number, value: number, norm: Norm): { inverse: number; infinite: boolean } {
    const steps = this.#steps("deviation", group);
    const small = new Steps(steps.format, new Log()).convert(this.work.eps);
    const deviation = steps.convert(value);
    const square = norm === "l2" ? steps.multiply(deviation, deviation) : 0;
    const scale = norm === "l2" ? steps.squareRoot(steps.add(square, small)) : steps.add(deviation, small);
    return this.#inverse(group, scale, [deviation, square, scale]);
  }

  /** 1 / S, and whether there was an infinity on the way to S. */
  #inverse(group: number, scale: number, passed: readonly number[]): { inverse: number; infinite: boolean } {
    this.stage("deviation").high[group] = scale;
    const inverse = this.#steps("reciprocal", group).divide(1, scale);
    this.stage("reciprocal").high[group] = inverse;
    return { inverse, infinite: passed.some((value) => Math.abs(value) === Infinity) };
  }

  /** The sum in the accumulate format, or the exact one. */
  #sum(name: StageName, group: number, terms: Float64Array, sorted = false): number | R {
    const { accumulate, order } = this.work.arithmetic;
    if (accumulate !== "exact") return this.#steps(name, group, accumulate).sum(order, terms, sorted);
    return sumOf(this.reals, Array.from(terms, this.reals.of));
  }

  #quotient(steps: Steps, sum: number | R, n: number): number {
    return typeof sum === "number" ? steps.divide(sum, n) : steps.divideReal(sum, this.reals.of(n));
  }

  /** The scale S of a group, by way of the terms and their sum. */
  #scale(group: number, d: Float64Array, norm: Norm): { inverse: number; infinite: boolean } {
    const { high, low } = this.stage("sum");
    const p = termPower(norm);
    const terms = this.#each("term", group, (steps, i) => {
      if (norm === "l2") return steps.multiply(d[i], d[i]);
      return isUnderRoot(norm) ? steps.power(Math.abs(d[i]), p) : Math.abs(d[i]);
    });
    const steps = this.#steps("deviation", group);
    const k = summedOf(norm, d.length);
    let raw: number;
    if (k > 0) {
      const sum = isTop(norm) ? this.#sum("sum", group, largest(terms, k), true) : this.#sum("sum", group, terms);
      [high[group], low[group]] = typeof sum === "number" ? [sum, 0] : [sum.high, sum.low];
      raw = this.#quotient(steps, sum, isTop(norm) ? k : counted(this.work.arithmetic, k));
    } else {
      const range = () => this.#steps("sum", group).subtract(maximum(d), -maximum(d.map((value) => -value)));
      raw = high[group] = norm === "range" ? range() : maximum(terms);
    }
    const passed = [high[group], raw];
    const then = (value: number) => {
      passed.push(value);
      return value;
    };
    const eps = this.work.groupEps?.[group] ?? this.work.eps;
    const small = new Steps(steps.format, new Log()).convert(eps);
    const constant = new Steps(steps.format, new Log()).convert(constantOf(this.work, d.length));
    let scale = raw;
    if (isUnderRoot(norm)) {
      scale = then(steps.add(scale, small));
      scale = then(norm === "l2" ? steps.squareRoot(scale) : steps.root(scale, p));
    }
    if (norm !== "l2") scale = then(steps.multiply(scale, constant));
    if (!isUnderRoot(norm)) scale = then(steps.add(scale, small));
    return this.#inverse(group, scale, passed);
  }
}
