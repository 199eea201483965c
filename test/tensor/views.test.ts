/** Where data lies: odd offsets, the end of memory, results in place, and data longer than a block. */

import { describe, expect, test } from "vitest";
import {
  batchNorm,
  empty,
  fromFloat16,
  layerNorm,
  mean,
  memory,
  norm,
  round,
  statistics,
  type Tensor,
  tensor,
  toFloat16,
  trelu,
} from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import * as oracle from "../oracle/emulated.js";
import { sizeOf } from "../oracle/walk.js";
import { type Plain, resident, STORAGES } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { dataOf, expectBits, numbers, type Result, toHalves } from "../support/compare.js";
import { arithmetic, arithmetics, EXACT, FLOAT16, FLOAT32 } from "../support/formats.js";
import { gaussian } from "../support/random.js";

/** What is done to data in this file, each giving one plain array of numbers. */
const CALLS: Record<string, (x: TensorLike) => Result> = {
  "native mean": (x) => mean(x, { axes: [-1] }),
  "native L1": (x) => norm(x, { axes: [-1], norm: "l1" }),
  "native L2": (x) => norm(x, { axes: [-1], norm: "l2" }),
  "native L∞": (x) => norm(x, { axes: [-1], norm: "linf" }),
  "native top 3": (x) => norm(x, { axes: [-1], norm: { topk: 3 } }),
  "native range": (x) => statistics(x, { axes: [-1], norm: "range" }).deviation,
  "native layer norm": (x) => layerNorm(x, { norm: "l1" }),
  "native batch norm": (x) => batchNorm(x, { norm: "l2" }),
  "emulated L1": (x) => norm(x, { axes: [-1], norm: "l1", arithmetic: "float16" }),
  "emulated L2, pairwise": (x) => norm(x, { axes: [-1], arithmetic: { compute: "float16", order: "pairwise" } }),
  "emulated layer norm": (x) => layerNorm(x, { norm: "l1", arithmetic: "float16" }),
  "emulated batch norm": (x) =>
    batchNorm(x, { norm: "l2", arithmetic: { compute: "bfloat16", accumulate: "float32" } }),
};

const bytes = (result: Result) => {
  const data = dataOf(result);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
};

describe("views into larger arrays", () => {
  test.each(Object.entries(CALLS))("%s", (_, call) => {
    for (const n of [3, 4, 7, 8, 33, 129]) {
      for (const storage of STORAGES) {
        const values = gaussian(5 * n + 16, n);
        const data = storage === "float16" ? toHalves(values) : values;
        for (const offset of [0, 1, 2, 3, 5, 7]) {
          const part = data.subarray(offset, offset + 5 * n);
          const expected = bytes(call({ data: part.slice(), shape: [5, n] }));
          expect(bytes(call({ data: part, shape: [5, n] })).equals(expected)).toBe(true);
        }
      }
    }
  });

  test("outputs into views leave their surroundings alone", () => {
    for (const n of [3, 8, 33]) {
      const data = gaussian(5 * n, n);
      const expected = numbers(layerNorm({ data, shape: [5, n] }));
      for (const offset of [0, 1, 3, 7]) {
        const buffer = new Float32Array(5 * n + 16).fill(7);
        const out = buffer.subarray(offset, offset + 5 * n);
        expect(layerNorm({ data, shape: [5, n] }, { out })).toBe(out);
        expectBits(out, expected, "the view");
        expect(buffer.subarray(0, offset).every((value) => value === 7)).toBe(true);
        expect(buffer.subarray(offset + 5 * n).every((value) => value === 7)).toBe(true);
      }
    }
  });
});

describe("tensors that end where memory ends", () => {
  test.each(Object.entries(CALLS))("%s", (_, call) => {
    for (const n of [1, 3, 5, 33, 127]) {
      for (const storage of STORAGES) {
        const values = gaussian(5 * Math.max(n, 3), n);
        const data = storage === "float16" ? toHalves(values) : values;
        const shape = [5, Math.max(n, 3)];
        const expected = bytes(call({ data, shape }));
        // Memory is filled to its end with tensors; the last of them is the one in question.
        const fillers: Tensor[] = [];
        const x = lastTensor(data, shape, fillers);
        // Room for the result elsewhere, so that memory need not grow again.
        for (const filler of fillers.splice(0, 3)) filler.dispose();
        const y = call(x);
        expect(bytes(y).equals(expected)).toBe(true);
        for (const filler of [x, y as unknown as Tensor, ...fillers]) filler.dispose?.();
      }
    }
  });
});

/** A tensor in the last bytes of memory: of many in a row, the one before memory had to grow. */
function lastTensor(data: Float32Array | Uint16Array, shape: readonly number[], fillers: Tensor[]): Tensor {
  while (memory().bytes - memory().used > 400_000) fillers.push(empty([20_000]));
  let highest = tensor(data, shape);
  for (const { buffer } = highest.data; ; ) {
    const next = tensor(data, shape);
    if (highest.data.buffer !== buffer) {
      fillers.push(next);
      return highest;
    }
    const later = next.data.byteOffset > highest.data.byteOffset;
    fillers.push(later ? highest : next);
    if (later) highest = next;
  }
}

describe("in place", () => {
  const shapes = [
    [5, 33],
    [3, 4, 7],
    [2, 3, 5, 5],
    [130, 2],
  ];
  const layers: Record<string, (x: TensorLike, options: object) => Result> = {
    "layer norm": (x, options) => layerNorm(x, options),
    "batch norm": (x, options) => batchNorm(x, options),
    "batch norm, channels last": (x, options) => batchNorm(x, { ...options, axis: -1 }),
  };
  test.each(Object.entries(layers))("%s", (name, layer) => {
    for (const shape of shapes) {
      const n = sizeOf(shape);
      for (const storage of STORAGES) {
        for (const asked of [undefined, ...arithmetics(FLOAT16).map((pair) => pair.asked)]) {
          const values = gaussian(n, n);
          const data = storage === "float16" ? toHalves(values) : values;
          for (const norm of ["l1", "l2", { topk: 2 }, "range"] as const) {
            const options = { norm, arithmetic: asked };
            const expected = numbers(layer({ data, shape }, options));
            const label = `${name} of [${shape}], ${show(norm)}, ${storage}`;
            const own = data.slice();
            expect(layer({ data: own, shape }, { ...options, out: own })).toBe(own);
            expectBits(own, expected, label);
            const x = tensor(data, shape);
            expect(layer(x, { ...options, out: x })).toBe(x);
            expectBits(x, expected, `${label}, resident`);
            x.dispose();
          }
        }
      }
    }
  });

  test("round and trelu", () => {
    const values = gaussian(1001, 1);
    for (const call of [
      (t: TensorLike, o: object) => round(t, "bfloat16", o),
      (t: TensorLike, o: object) => trelu(t, o),
    ]) {
      const expected = numbers(call(values, {}));
      const own = values.slice();
      call(own, { out: own });
      expectBits(own, expected, "plain");
      const x = tensor(values);
      call(x, { out: x });
      expectBits(x, expected, "resident");
      x.dispose();
    }
  });
});

describe("data longer than a block of a plain call", () => {
  const shapes = [[400_000], [3, 130_000], [700, 600], [9, 50, 31, 31], [2, 3, 70_001], [40_000, 10], [5, 70_000]];
  const pairs = [
    undefined,
    arithmetic(FLOAT16),
    arithmetic(FLOAT16, FLOAT32, "pairwise"),
    arithmetic(FLOAT16, EXACT),
    arithmetic(FLOAT16, FLOAT16, "sequential"),
  ];

  test.each(shapes)("shape %o %o %o %o", (...shape) => {
    const n = sizeOf(shape);
    const axes = shape.map((_, axis) => axis);
    for (const [i, pair] of pairs.entries()) {
      const values = gaussian(n, i, 0.5);
      const x: Plain = { data: i % 2 ? toHalves(values) : values, shape };
      const asked = pair?.asked;
      for (const reduced of [axes, [axes.length - 1], [0], axes.filter((axis) => axis !== 1)]) {
        const groups = n / sizeOf(reduced.map((axis) => shape[axis]));
        for (const kind of ["l1", "linf", { topk: 2 }] as const) {
          const call = (t: TensorLike) => statistics(t, { axes: reduced, norm: kind, arithmetic: asked }).deviation;
          const plain = call(x) as Result;
          const other = resident(x, call);
          expect(plain.shape).toEqual(other.shape);
          expect(dataOf(plain).length).toBe(groups);
          expectBits(
            plain,
            numbers(other),
            `${show(kind)} of [${shape}] over [${reduced}], ${pair?.label ?? "native"}`,
          );
        }
      }
      if (shape.length < 2) continue;
      const weight = gaussian(shape[1], 3);
      const batch = (t: TensorLike) => batchNorm(t, { norm: "l1", weight, bias: weight, arithmetic: asked });
      expectBits(batch(x), numbers(resident(x, batch)), `batch norm of [${shape}], ${pair?.label ?? "native"}`);
      const gains = gaussian(shape[shape.length - 1], 4);
      const layer = (t: TensorLike) => layerNorm(t, { norm: "l2", weight: gains, bias: gains, arithmetic: asked });
      expectBits(layer(x), numbers(resident(x, layer)), `layer norm of [${shape}], ${pair?.label ?? "native"}`);
    }
  });

  test("emulated sums of a long vector are the oracle's", () => {
    const data = gaussian(300_000, 9);
    for (const pair of [...arithmetics(FLOAT16), arithmetic(FLOAT32)]) {
      const x = oracle.inputs(pair.oracle, data);
      const recipe = { norm: "l1", arithmetic: pair.oracle } as const;
      const expected = [oracle.vectorNorm(recipe, x)];
      expectBits(norm(data, { norm: "l1", arithmetic: pair.asked }), expected, pair.label);
      expectBits(mean(data, { arithmetic: pair.asked }), [oracle.mean(pair.oracle, x)], `mean; ${pair.label}`);
    }
  });

  test("conversions", () => {
    const data = gaussian(1_000_003, 10);
    const bits = toHalves(data);
    expectBits(toFloat16(data), numbers(bits), "to float16");
    expectBits(fromFloat16(bits), numbers(bits), "from float16");
    expectBits(round(data, "float16"), numbers(bits), "rounded");
  });
});

test("norms of every kind agree between a vector and its pieces", () => {
  // Resident rows next to each other do not read each other's elements.
  for (const n of [3, 5, 31, 33]) {
    const data = gaussian(4 * n, n);
    for (const kind of normsOf(n)) {
      const together = numbers(norm({ data, shape: [4, n] }, { axes: [1], norm: kind }));
      const apart = Array.from(
        { length: 4 },
        (_, r) => numbers(norm(data.slice(r * n, (r + 1) * n), { norm: kind }))[0],
      );
      expectBits(Float32Array.from(together), apart, `${show(kind)} of ${n}`);
    }
  }
});
