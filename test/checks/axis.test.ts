/** The axis of a tensor of one dimension: only one that is given. */

import { expect, test } from "vitest";
import { batchNorm, layerNorm, norm } from "../../src/index.js";

const x = Float32Array.of(3, -4);

test("an axis that is given stands in a tensor without room for the usual one", () => {
  // one element a channel: nothing but its mean
  for (const axis of [0, -1]) expect(batchNorm(x, { axis }).data).toEqual(Float32Array.of(0, 0));
});

test("one axis as a number, from the front and from the back", () => {
  expect(norm(x, { axes: 0 })).toEqual(norm(x, { axes: [0] }));
  expect(norm(x, { axes: -1 })).toEqual(norm(x, { axes: [0] }));
  expect(layerNorm(x, { axis: 0 })).toEqual(layerNorm(x));
});
