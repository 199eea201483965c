/** Calls as they are made again and again: layers and reductions with any options, and the bits of what they give. */

import { layerNorm, mean, norm, rmsNorm, type TensorLike } from "../../src/index.js";
import { any } from "./refuses.js";

export type Options = Record<string, unknown>;
type Call = (x: TensorLike, options?: Options) => { data: ArrayLike<number>; shape: readonly number[] };

export const LAYERS: Record<string, Call> = { layerNorm: any(layerNorm), rmsNorm: any(rmsNorm) };
export const REDUCTIONS: Record<string, Call> = { norm: any(norm), mean: any(mean) };

/** An option that has a layer of float32 made in full, and does nothing else. */
export const IN_FULL = { dtype: "float32" } as const;

/** One number for each element. */
export function bits(data: ArrayLike<number>): number[] {
  const array = data as Float32Array | Uint16Array;
  return [...(array instanceof Float32Array ? new Uint32Array(array.slice().buffer) : array)];
}
