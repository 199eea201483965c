/** Calls that are refused: what they throw, and that nothing has changed then. */

import { expect } from "vitest";
import { memory } from "../../src/index.js";
import { everyNorm } from "./cases.js";
import { ORACLES } from "./formats.js";

/** For arguments that no type allows. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export const any = (value: unknown): any => value;

/** What may stand where a tensor is expected, in the words of the errors. */
export const FORMS = "a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor";

const quoted = (names: readonly unknown[]): string => names.map((name) => JSON.stringify(name)).join(", ");

/** And where a norm, a norm or "none", a format. */
export const NORMS = `${quoted(everyNorm([], []))}, { topk } or { lp }`;
export const NORMALIZERS = `${quoted(everyNorm([], []))}, "none", { topk } or { lp }`;
export const FORMATS = `one of ${quoted(Object.keys(ORACLES))}`;

/** A tensor of 24 elements, which is what refuses() has an `out` for. */
export const plain = () => ({ data: Float32Array.from({ length: 24 }, (_, i) => i - 10), shape: [2, 3, 4] });

/** The call throws exactly this, and leaves `out` and what `state` gives, the memory in use by default, as they were. */
export function refuses(call: (out: Float32Array) => unknown, error: Error, state: () => unknown = memory): void {
  const before = state();
  const out = new Float32Array(24).fill(7);
  let thrown: unknown;
  try {
    call(out);
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toEqual(error);
  expect((thrown as Error).constructor).toBe(error.constructor);
  expect(state()).toEqual(before);
  expect(out.every((value) => value === 7)).toBe(true);
}
