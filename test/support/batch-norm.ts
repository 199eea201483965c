// Batches of three channels, and what their statistics are.

import type { Normalizer } from "../../src/index.js";
import type { Norm } from "../oracle/emulated.js";
import { centre, ruleOf, scaleOf, sum } from "../oracle/gradients.js";
import { gaussian } from "./random.js";

export const SHAPE = [4, 3, 5];
export const CHANNELS = 3;

export const batch = (seed: number) => ({
  data: gaussian(
    SHAPE.reduce((a, b) => a * b, 1),
    seed,
    0.5,
    2,
  ),
  shape: SHAPE,
});

/** Mean and deviation of each channel in float64, by their definitions. */
export function model(norm: Normalizer, { data, shape }: ReturnType<typeof batch>) {
  const inner = shape[2];
  const n = shape[0] * inner;
  const rule = ruleOf(norm as Norm | "none", n, 0);
  return Array.from({ length: shape[1] }, (_, c) => {
    const x = [...data].filter((_, i) => Math.floor(i / inner) % shape[1] === c);
    return { mean: sum(x) / n, deviation: scaleOf(rule, centre(rule, x)) };
  });
}
