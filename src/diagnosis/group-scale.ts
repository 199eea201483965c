// One power of two for each group, which takes all of them to the same binade, and an eps for each along with it.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { engine } from "../engine/engine.js";
import { comparedBy, epsPowerOf, powerOf } from "../numerics/norm.js";
import { run } from "../plan/run.js";
import type { Walk } from "../plan/walk.js";
import { Operand } from "../tensor/operand.js";
import { Tensor } from "../tensor/tensor.js";
import { SPARE } from "./headroom.js";
import type { InputCounts } from "./input.js";
import type { Subject } from "./normalization.js";
import { largestOf, multiply } from "./scaled.js";

/** Visits stretches of neighbours: the first element, how many, the group of the first, and 1 if each is of the next group. */
function visitRows(
  { sizes, kept }: Walk,
  visit: (first: number, n: number, group: number, step: number) => void,
): void {
  const last = sizes.length - 1;
  const n = sizes[last];
  const step = +kept[last];
  const at = (axis: number, first: number, group: number): void => {
    if (axis === last) visit(first * n, n, step ? group * n : group, step);
    else
      for (let i = 0; i < sizes[axis]; i++)
        at(axis + 1, first * sizes[axis] + i, kept[axis] ? group * sizes[axis] + i : group);
  };
  at(0, 0, 0);
}

/**
 * The exponent t that is best: with all elements below 2^(t + 1) no sum overflows, and the reciprocal of no scale is
 * subnormal.
 */
function targetOf(subject: Subject): number {
  const { norm, numerics, walk, centred } = subject;
  const { compute, accumulate, statistics } = numerics;
  const power = powerOf(norm);
  const room = (max: number): number => Math.log2(max) - SPARE;
  // a distance from the mean may be twice as large
  const wide = +centred;
  const terms = comparedBy(norm) ? 1 : norm.top || walk.count;
  const limits = [
    (room(accumulate.max) - Math.log2(terms)) / power - wide,
    room(statistics.max) / power - wide,
    room(compute.max) - wide,
    -compute.emin - Math.log2(subject.factorOf(norm)) - wide,
    ...(centred ? [room(accumulate.max) - Math.log2(walk.count)] : []),
  ];
  return Math.floor(Math.min(...limits)) - 1;
}

/** What becomes of each group. */
export interface GroupScale {
  /** 2^t: the larger of the largest |x| of a group and of the root of eps is taken to at least this, and below twice of it. */
  readonly to: number;
  /** Of the groups of the share. */
  readonly exponents: Float64Array;
  readonly eps: Float64Array;
  /** The least of all. */
  readonly least: number;
}

/** @param safe The eps that is taken in place of one that is too small. */
export function groupScaleOf(
  subject: Subject,
  { nan, infinite }: InputCounts,
  safe: (eps: number) => number,
): GroupScale | undefined {
  const { x, walk, share, norm, eps } = subject;
  const target = targetOf(subject);
  const power = epsPowerOf(norm);
  const root = eps ** (1 / power);
  const exponents = Float64Array.from(largestOf(x, walk, nan + infinite > 0), (size) =>
    size || root ? target - Math.floor(Math.log2(Math.max(size, root))) : 0,
  );
  const raised = new Map<number, number>();
  for (const exponent of new Set(exponents)) raised.set(exponent, safe(eps * 2 ** (exponent * power)));
  const every = exponents.map((exponent) => raised.get(exponent) as number);
  const mine = {
    low: exponents.reduce((a, b) => Math.min(a, b)),
    high: exponents.reduce((a, b) => Math.max(a, b)),
    least: every.reduce((a, b) => Math.min(a, b)),
  };
  const { low, high, least } = share.company.exchange(mine, (all) => ({
    low: Math.min(...all.map((each) => each.low)),
    high: Math.max(...all.map((each) => each.high)),
    least: Math.min(...all.map((each) => each.least)),
  }));
  return low === high ? undefined : { to: 2 ** target, exponents, eps: every, least };
}

/** Normalizes every group by its own factor and eps. */
export function runByGroups(subject: Subject, { exponents, eps }: GroupScale, y: Operand): void {
  const { x, walk } = subject;
  const tensor = Tensor.make([x.size], x.size, STORAGE_FLOAT32);
  try {
    const address = tensor.address as number;
    const scaled = new Operand(undefined, address, x.shape, x.size, STORAGE_FLOAT32);
    // all groups once for each eps, those of the second in the place of what is scaled, and so on
    [...new Set(eps)].forEach((each, i) => {
      if (i !== 1) multiply(x, walk, exponents, scaled);
      run(subject.job({ x: scaled, eps: each, y: i ? scaled : y }));
      if (!i) return;
      const { f32 } = engine().heap;
      visitRows(walk, (first, n, group, step) => {
        const from = address / 4 + first;
        const to = y.address / 4 + first;
        if (!step && eps[group] === each) f32.copyWithin(to, from, from + n);
        for (let j = 0; step && j < n; j++) if (eps[group + j] === each) f32[to + j] = f32[from + j];
      });
    });
  } finally {
    tensor.dispose();
  }
}
