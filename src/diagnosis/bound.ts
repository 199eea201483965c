// How large the error of a sum can be, and how large it probably is.

import { ORDER_LANES, ORDER_PAIRWISE } from "../abi/plan.js";
import { comparedBy } from "../numerics/norm.js";
import type { Subject } from "./normalization.js";
import type { Diagnosis, Stage, SumBound } from "./result.js";

/** Rounded additions that a term passes through, at most. */
function depthOf(n: number, order: number): number {
  // 32 lanes are halved five times
  const rows = (m: number, lanes: number): number => Math.ceil(m / lanes) - 1 + Math.log2(lanes);
  if (order !== ORDER_PAIRWISE) return rows(n, order);
  return rows(Math.min(n, 128), ORDER_LANES) + Math.ceil(Math.log2(Math.ceil(n / 128)));
}

export function boundOf({ norm, numerics, walk, given }: Subject, stages: readonly Stage[]): SumBound {
  if (given) return { terms: 0, depth: 0, worst: 0, probable: 0, measured: null };
  const terms = norm.top || walk.count;
  // the largest is found without rounding, and the range with one
  const compared = comparedBy(norm);
  const { precision } = compared ? numerics.statistics : numerics.accumulate;
  const depth = compared ? compared - 1 : numerics.exact || !terms ? 0 : depthOf(terms, numerics.order);
  const unit = 2 ** -precision;
  const share = depth * unit;
  const measured = stages.find(({ name }) => name === (norm.name === "none" ? "mean" : "sum"));
  return {
    terms,
    depth,
    worst: share < 1 ? share / (1 - share) : null,
    probable: Math.sqrt(depth) * unit,
    measured: measured?.own.maxRel ?? null,
  };
}

/** @param groups Numbers that are sorted. */
export function conditionOf(groups: Float64Array): Diagnosis["condition"] {
  // NaN are the last
  let numbers = groups.length;
  while (numbers && Number.isNaN(groups[numbers - 1])) numbers--;
  const finite = (value: number | undefined): number | null => (value !== undefined && value < Infinity ? value : null);
  return { max: finite(groups[numbers - 1]), median: finite(groups[Math.ceil(numbers / 2) - 1]) };
}
