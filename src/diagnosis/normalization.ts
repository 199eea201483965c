// What is diagnosed, and the jobs that are run on it.

import { TASK_APPLY, TASK_CENTRE, TASK_GIVEN, TASK_NORM, TASK_ROUNDED } from "../abi/plan.js";
import type { Numerics } from "../numerics/arithmetic.js";
import { deviationFactor } from "../numerics/factors.js";
import { epsPowerGiven, type NormSpec, powerOf } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import type { Walk } from "../plan/walk.js";
import type { Operand } from "../tensor/operand.js";
import { type EpsRule, epsRule } from "./equal-values.js";
import { ofGroups } from "./scaled.js";
import type { Share } from "./share.js";

/** What of a subject a remedy changes. */
export interface Change {
  readonly norm?: NormSpec;
  /** Of elements that the mean has been taken from already. */
  readonly centred?: false;
  /** Of elements that are numbers of the compute format already, float32. */
  readonly rounded?: boolean;
  readonly numerics?: Numerics;
  readonly eps?: number;
  /** In the place of eps, one for each group, rounded to the format of the statistics. */
  readonly epsOfGroups?: Float32Array;
  readonly mean?: Operand | undefined;
  readonly deviation?: Operand | undefined;
}

/** Nothing, not even what others may have put into Object.prototype. */
const AS_IT_IS: Record<keyof Change, undefined> = {
  norm: undefined,
  centred: undefined,
  rounded: undefined,
  numerics: undefined,
  eps: undefined,
  epsOfGroups: undefined,
  mean: undefined,
  deviation: undefined,
};

/** A normalization of a tensor in emulated arithmetic. */
export class Subject {
  /**
   * @param x Resident: what the share has of it.
   * @param weight Of all of the tensor, as are the others.
   */
  constructor(
    readonly x: Operand,
    readonly share: Share,
    readonly centred: boolean,
    readonly norm: NormSpec,
    readonly numerics: Numerics,
    readonly eps: number,
    readonly calibrated: boolean,
    readonly weight: Operand | undefined,
    readonly bias: Operand | undefined,
    readonly mean?: Operand | undefined,
    readonly deviation?: Operand | undefined,
  ) {}

  /** Over the share. */
  get walk(): Walk {
    return this.share.walk;
  }

  /** Whether there are means and deviations to apply, in place of those of x. */
  get given(): boolean {
    return this.mean !== undefined;
  }

  /** Of |d|, or of a deviation that is given, in the largest of what S is made of. */
  get power(): number {
    return this.given ? epsPowerGiven(this.norm) : powerOf(this.norm);
  }

  /** From the statistic of a group to its deviation. */
  factorOf(norm: NormSpec): number {
    return this.given ? 1 : deviationFactor(norm, this.walk.count, this.calibrated);
  }

  /** What S of a group of equal values, or of a deviation of 0, is by a norm. */
  epsRule(norm: NormSpec): EpsRule {
    return epsRule(norm, this.factorOf(norm), this.given);
  }

  /**
   * @param y Where the output goes.
   * @param x What takes the place of the tensor.
   */
  job(change?: Change, y?: Operand, x = this.x): Job {
    const own: Change = Object.assign({}, AS_IT_IS, change);
    const { norm = this.norm, centred = this.centred, numerics = this.numerics, eps = this.eps } = own;
    const { mean = this.mean, deviation = this.deviation, epsOfGroups, rounded = false } = own;
    const task = this.given ? TASK_GIVEN : (centred ? TASK_CENTRE : 0) | (norm.kind && TASK_NORM);
    const job = new Job(x, this.walk, task | TASK_APPLY | (rounded ? TASK_ROUNDED : 0), norm, numerics);
    job.eps = eps;
    job.factor = this.factorOf(norm);
    job.weight = this.share.weightsOf(this.weight);
    job.bias = this.share.weightsOf(this.bias);
    job.mean = this.share.ofGroups(mean);
    job.deviation = this.share.ofGroups(deviation);
    if (epsOfGroups) job.gain = ofGroups(epsOfGroups, this.walk);
    job.y = y;
    return job;
  }
}
