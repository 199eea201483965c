/** A million short calls leave no memory and no tensor behind. In a file of its own: mutants are not tried with it. */

import { expect, test } from "vitest";
import { empty, layerNorm, memory, norm, rmsNorm, tensor } from "../../src/index.js";
import { gaussian } from "../support/random.js";

test("a million calls leave nothing behind", () => {
  const x = tensor(gaussian(16, 1), [1, 16]);
  const resident = empty([1, 16]);
  const { tensors } = memory();
  norm(x, { norm: { topk: 2 } }).dispose();
  const { bytes } = memory();
  for (const options of [{ out: new Float32Array(16) }, { out: resident }]) {
    for (let i = 0; i < 500_000; i++) layerNorm(x, options);
  }
  for (let i = 0; i < 100_000; i++) {
    norm(x).dispose();
    rmsNorm(x).dispose();
    rmsNorm(x.data);
  }
  expect(memory()).toMatchObject({ bytes, tensors });
  x.dispose();
  resident.dispose();
});
