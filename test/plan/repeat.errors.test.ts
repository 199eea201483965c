/** Calls like one before throw the errors of those made in full, and change nothing then. */

import { expect, test } from "vitest";
import { layerNorm, type TensorLike, tensor, tidy } from "../../src/index.js";
import { detach, detached, disposed } from "../support/detached.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import { bits, IN_FULL, type Options } from "../support/repeated.js";

const data = gaussian(64, 1);
const shape = [4, 16];
const x = { data, shape };
const weight = gaussian(16, 2);

function message(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "none";
}

const gone = () => disposed(data, shape);
const shared = new Float32Array(96);
const held = tensor(shared);
const short = tensor(gaussian(16, 9), [1, 16]);

const CASES: Record<string, (more: Options) => unknown> = {
  "out of another size": (more) => layerNorm(x, any({ ...more, weight, out: new Float32Array(63) })),
  "out of another shape": (more) => layerNorm(x, any({ ...more, weight, out: { data: new Float32Array(64), shape: [16, 4] } })),
  "out that lies": (more) => layerNorm(x, any({ ...more, out: { data: new Float32Array(64), shape, dtype: "float16" } })),
  "out that overlaps x": (more) => layerNorm({ data: shared.subarray(0, 64), shape }, any({ ...more, out: shared.subarray(8, 72) })),
  "out that overlaps the weight": (more) => layerNorm(x, any({ ...more, weight: shared.subarray(60, 76), out: shared.subarray(0, 64) })),
  "out that overlaps the bias": (more) => layerNorm(x, any({ ...more, bias: shared.subarray(0, 16), out: shared.subarray(0, 64) })),
  "parts of a tensor": (more) => layerNorm({ data: held.data.subarray(0, 64), shape } as TensorLike, any({ ...more, out: held.data.subarray(8, 72) })),
  "out that begins in the weight": (more) => layerNorm(x, any({ ...more, weight: shared.subarray(0, 16), out: shared.subarray(8, 72) })),
  "resident weight of another size": (more) => layerNorm(x, any({ ...more, weight: held })),
  "weight of no elements": (more) => layerNorm(x, any({ ...more, weight: new DataView(new ArrayBuffer(64)) })),
  "resident weight that is out": (more) => {
    const row = { data: data.subarray(0, 16), shape: [1, 16] };
    layerNorm(row);
    return layerNorm(row, any({ ...more, weight: short, out: short }));
  },
  "x that is disposed of": (more) => layerNorm(gone(), any(more)),
  "x that is detached": (more) => layerNorm({ data: detached(64), shape }, any(more)),
  "out that is disposed of": (more) => layerNorm(x, any({ ...more, out: gone() })),
  "weight that is disposed of": (more) => layerNorm(x, any({ ...more, weight: gone() })),
  "weight that is detached": (more) => layerNorm(x, any({ ...more, weight: detached(16) })),
  "weight of another size": (more) => layerNorm(x, any({ ...more, weight: data })),
  "weight of numbers": (more) => layerNorm(x, any({ ...more, weight: [1, 2] })),
  "null for x": (more) => layerNorm(any(null), any(more)),
  "null for out": (more) => layerNorm(x, any({ ...more, out: null })),
  "null for a weight": (more) => layerNorm(x, any({ ...more, weight: null })),
  "an axis that is none": (more) => layerNorm(x, any({ ...more, axis: "1" })),
  "an axis beyond": (more) => layerNorm(x, any({ ...more, axis: 2 })),
  "eps that is none": (more) => layerNorm(x, any({ ...more, eps: Number.NaN })),
  "calibrated that is none": (more) => layerNorm(x, any({ ...more, calibrated: 1 })),
  "a norm that is none": (more) => layerNorm(x, any({ ...more, norm: "l3" })),
  "a shape that does not fit": (more) => layerNorm({ data, shape: [4, 15] }, any(more)),
  "a view of kernel memory": (more) => layerNorm({ data: new Float32Array(held.data.buffer as ArrayBuffer, 0, 64), shape }, any(more)),
  "x disposed of by a getter": (more) => {
    const own = tensor(data, shape);
    return layerNorm(own, any({ ...more, get bias() { own.dispose(); return undefined; } }));
  },
  "x detached by a getter": (more) => {
    const own = data.slice();
    return layerNorm({ data: own, shape }, any({ ...more, get bias() { detach(own); return undefined; } }));
  },
}; // biome-ignore format: one case a line

test.each(Object.keys(CASES))("%s", (name) => {
  const call = CASES[name];
  const before = { shared: bits(shared), held: bits(held.data), data: bits(data) };
  const expected = message(() => call(IN_FULL));
  expect(expected).not.toBe("none");
  for (let i = 0; i < 2; i++) {
    layerNorm(x);
    layerNorm(x, { weight, out: new Float32Array(64) });
    tidy(() => void layerNorm(tensor(data, shape)));
    expect(message(() => call({}))).toBe(expected);
  }
  expect({ shared: bits(shared), held: bits(held.data), data: bits(data) }).toEqual(before);
});
