// Batches of three channels, and what their statistics are.

import type { Normalizer } from "../../src/index.js";
import { compensatedSum } from "../oracle/compensated.js";
import type { Norm } from "../oracle/emulated.js";
import { centre, ruleOf, scaleOf } from "../oracle/gradients.js";
import { axesBut, groupsOf, sizeOf } from "../oracle/walk.js";
import { gaussian } from "./random.js";

export const SHAPE = [4, 3, 5];
export const CHANNELS = 3;

export const batch = (seed: number) => ({ data: gaussian(sizeOf(SHAPE), seed, 0.5, 2), shape: SHAPE });

/** Mean and deviation of each channel in float64, by their definitions. */
export function channelStatistics(norm: Normalizer, { data, shape }: ReturnType<typeof batch>) {
  return groupsOf(shape, axesBut(shape, 1)).map(({ elements }) => {
    const x = elements.map((position) => data[position]);
    const rule = ruleOf(norm as Norm | "none", x.length, 0);
    return { mean: compensatedSum(x) / x.length, deviation: scaleOf(rule, centre(rule, x)) };
  });
}
