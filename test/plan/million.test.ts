/** A million short calls leave no memory and no tensor behind. In a file of its own: mutants are not tried with it. */

import { expect, test } from "vitest";
import { layerNorm, memory, rmsNorm, tensor } from "../../src/index.js";
import { gaussian } from "../support/random.js";

test("a million calls leave nothing behind", () => {
  const x = tensor(gaussian(16, 1), [1, 16]);
  const out = new Float32Array(16);
  const { tensors } = memory();
  layerNorm(x);
  for (let i = 0; i < 1_000_000; i++) layerNorm(x, { out });
  const { bytes } = memory();
  for (let i = 0; i < 100_000; i++) rmsNorm(x).dispose();
  expect(memory().bytes).toBe(bytes);
  expect(memory().tensors).toBe(tensors + 1);
  x.dispose();
});
