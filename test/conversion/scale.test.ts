/** Multiplying by a constant: every product rounded once, whatever the storages and the blocks. */
import { describe, expect, it } from "vitest";
import { scale } from "../../src/conversion/scale.js";
import { fromFloat16, round, type TensorLike, tensor, toFloat16 } from "../../src/index.js";
import { Operand, operand } from "../../src/tensor/operand.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { SPECIALS, strided } from "../support/floats.js";
import { gaussian } from "../support/random.js";

/** Where results go that are to be in the memory of a tensor. */
const into = ({ address, shape, size }: Tensor) => new Operand(undefined, address as number, shape, size, 0);

function scaled(x: TensorLike, factor: number): Float32Array {
  const from = operand("x", x);
  using y = tensor(new Float32Array(from.size));
  scale(from, into(y), factor);
  return y.data.slice() as Float32Array;
}

/** Zeros are told apart by their signs, NaN are all the same. */
function expectProducts(got: Float32Array, x: Float32Array, factor: number): void {
  const expected = x.map((value) => factor * value);
  expect(got).toHaveLength(x.length);
  expect(got.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
}

describe("scale()", () => {
  // plain data comes in blocks of 2^16 elements
  const data = new Float32Array([...SPECIALS, ...strided(1_000_003), ...gaussian(2 ** 17 + 5, 1)]);

  it.each([2 ** -140, 2 ** -126, 2 ** -5, -1, 3, 1e30, 2 ** 126])("by %d", (factor) => {
    expectProducts(scaled(data, factor), data, factor);
    using resident = tensor(data);
    expectProducts(scaled(resident, factor), data, factor);
  });

  it("widens float16 first", () => {
    const half = toFloat16(round(data, "float16").data);
    expectProducts(scaled(half, 2 ** -20), fromFloat16(half), 2 ** -20);
    using resident = tensor(half);
    expectProducts(scaled(resident, 2 ** -20), fromFloat16(half), 2 ** -20);
  });

  it("in place", () => {
    using x = tensor(data);
    scale(operand("x", x), into(x), 0.25);
    expectProducts(x.data as Float32Array, data, 0.25);
  });
});
