// What is diagnosed, and the jobs that are run on it.

import { TASK_APPLY, TASK_CENTRE, TASK_NORM } from "../abi/plan.js";
import type { Numerics } from "../numerics/arithmetic.js";
import { deviationFactor } from "../numerics/factors.js";
import type { NormSpec } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import type { Walk } from "../plan/walk.js";
import type { Operand } from "../tensor/operand.js";
import { type EpsRule, epsRule } from "./equal-values.js";

/** What of a subject a remedy changes, and where the output goes. */
export interface Change {
  readonly x?: Operand;
  readonly norm?: NormSpec;
  readonly numerics?: Numerics;
  readonly eps?: number;
  readonly y?: Operand;
}

/** A normalization of a tensor in emulated arithmetic. */
export class Subject {
  /** @param x Resident. */
  constructor(
    readonly x: Operand,
    readonly walk: Walk,
    readonly centred: boolean,
    readonly norm: NormSpec,
    readonly numerics: Numerics,
    readonly eps: number,
    readonly calibrated: boolean,
    readonly weight: Operand | undefined,
    readonly bias: Operand | undefined,
  ) {}

  /** From the statistic of a group to its deviation. */
  factorOf(norm: NormSpec): number {
    return deviationFactor(norm, this.walk.count, this.calibrated);
  }

  /** What S of a group of equal values is by a norm. */
  epsRule(norm: NormSpec): EpsRule {
    return epsRule(norm, this.factorOf(norm));
  }

  job(change?: Change): Job {
    // others may have put something into Object.prototype
    const own: Change = Object.setPrototypeOf({ ...change }, null);
    const { x = this.x, norm = this.norm, numerics = this.numerics, eps = this.eps, y } = own;
    const task = (this.centred ? TASK_CENTRE : 0) | (norm.kind && TASK_NORM) | TASK_APPLY;
    const job = new Job(x, this.walk, task, norm, numerics);
    job.eps = eps;
    job.factor = this.factorOf(norm);
    job.weight = this.weight;
    job.bias = this.bias;
    job.y = y;
    return job;
  }
}
