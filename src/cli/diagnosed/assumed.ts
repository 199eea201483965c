// What a tensor is taken for, where nobody says what is normalized together.

import type { LayerName } from "../../index.js";
import type { Assumed } from "./result.js";

/** What is normalized together: as a layer has it, or along axes. */
export type Grouping =
  | { readonly layer: LayerName; readonly axis?: number | undefined; readonly groups?: number | undefined }
  | { readonly axes: readonly number[]; readonly centred?: boolean | undefined };

/** Names of what is in checkpoints, behind that of a layer. */
const LEARNED = /(?:^|[._/])(?:weight|bias|kernel|gamma|beta|running_mean|running_var)$/i;

/** @param names Of all tensors of a file. */
export const isCheckpoint = (names: readonly string[]): boolean => names.some((name) => LEARNED.test(name));

/** What a tensor is taken for. Images and what is made of them have four dimensions, batch and channels first. */
export function assumedOf(shape: readonly number[], weights: boolean): Assumed {
  if (weights) return "weight";
  return shape.length > 3 ? "batch" : "layer";
}

/** Each output channel of a weight has a norm, about 0. */
export const groupingOf = (assumed: Assumed, shape: readonly number[]): Grouping =>
  assumed === "weight" ? { axes: [...shape.keys()].slice(1), centred: false } : { layer: assumed };
