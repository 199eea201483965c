// The upstream gradient and single elements, read and written in any storage.

import {
  GRADIENT,
  GRADIENT_STORAGE,
  INPUT,
  INPUT_STORAGE,
  OUTPUT,
  OUTPUT_STORAGE,
  STORAGE_FLOAT32,
} from "../../src/abi/plan";
import { pack, unpack } from "../lanes/float16";
import { GRADIENT_TILE } from "../memory";
import { checkStretch } from "../preconditions";

/** Exchanges input and upstream gradient in the plan, so that what reads the input reads the other. */
export function exchange(): void {
  const input = load<usize>(INPUT);
  const storage = load<i32>(INPUT_STORAGE);
  store<usize>(INPUT, load<usize>(GRADIENT));
  store<i32>(INPUT_STORAGE, load<i32>(GRADIENT_STORAGE));
  store<usize>(GRADIENT, input);
  store<i32>(GRADIENT_STORAGE, storage);
}

/** Element `at` of the upstream gradient. */
export function gradientAt(at: i32): f32 {
  if (!ASC_NO_ASSERT) checkStretch(at, 1);
  const from = load<usize>(GRADIENT);
  if (load<i32>(GRADIENT_STORAGE) == STORAGE_FLOAT32) return load<f32>(from + ((<usize>at) << 2));
  unpack(from + ((<usize>at) << 1), GRADIENT_TILE, 1);
  return load<f32>(GRADIENT_TILE);
}

/** Writes element `at` of the output. */
export function setOutput(at: i32, value: f32): void {
  if (!ASC_NO_ASSERT) checkStretch(at, 1);
  const to = load<usize>(OUTPUT);
  if (load<i32>(OUTPUT_STORAGE) == STORAGE_FLOAT32) {
    store<f32>(to + ((<usize>at) << 2), value);
  } else {
    store<f32>(GRADIENT_TILE, value);
    pack(GRADIENT_TILE, to + ((<usize>at) << 1), 1);
  }
}
