/** How long memory is a tensor's: views of it, dispose(), growth, and what is done while arguments are read. */

import { describe, expect, test } from "vitest";
import {
  BatchNorm,
  batchNorm,
  empty,
  layerNorm,
  layerNormBackward,
  load,
  mean,
  memory,
  norm,
  partial,
  round,
  Tensor,
  type TensorLike,
  tensor,
} from "../../src/index.js";
import { collectUntil } from "../support/collect.js";
import { detach, detached } from "../support/detached.js";
import { any } from "../support/refuses.js";

const disposed = (name: string) => new TypeError(`"${name}" must be a live tensor, got one that was disposed of`);
const cutOff = (name: string) =>
  new TypeError(
    `"${name}" must be a live array, got one that was detached or cut off: ask a Tensor for its data again`,
  );

/** Makes memory grow, which detaches all views. */
function grow(): void {
  const { bytes } = memory();
  empty([bytes / 4]).dispose();
}

describe("a tensor that is dropped", () => {
  test("is freed", async () => {
    const { tensors } = memory();
    (() => {
      for (let i = 0; i < 10; i++) tensor([i]);
    })();
    expect(memory().tensors).toBe(tensors + 10);
    await collectUntil(() => memory().tensors === tensors);
    expect(memory().tensors).toBe(tensors);
  });

  test("but not while there is a view of its data, or a part of one", async () => {
    const { tensors } = memory();
    const views = (() => [tensor([1, 2, 3]).data, tensor([4, 5, 6]).data.subarray(1).subarray(1)])();
    (() => {
      tensor([7]);
    })();
    await collectUntil(() => memory().tensors === tensors + 2);
    const others = Array.from({ length: 20 }, () => tensor([9, 9, 9]));
    expect(views.map((view) => [...view])).toEqual([[1, 2, 3], [6]]);
    expect(norm(views[0], { norm: "l1" }).data[0]).toBe(6);
    for (const other of others) other.dispose();
    views.length = 0;
    await collectUntil(() => memory().tensors === tensors);
    expect(memory().tensors).toBe(tensors);
  });
});

describe("views", () => {
  test("of a tensor that was disposed of are refused, and so are their parts", () => {
    const x = tensor([1, 2, 3, 4]);
    const view = x.data as Float32Array;
    const part = view.subarray(1, 3);
    const raw = new Float32Array(view.buffer, view.byteOffset, 4);
    expect(mean(part).data[0]).toBe(2.5);
    expect(mean(raw).data[0]).toBe(2.5);
    x.dispose();
    for (const array of [view, part, raw]) {
      expect(() => mean(array)).toThrow(disposed("x"));
      expect(() => mean({ data: array, shape: [array.length] })).toThrow(disposed("x.data"));
      expect(() => layerNorm(Float32Array.of(1, 2, 3, 4), { weight: array })).toThrow(disposed("weight"));
      expect(() => round(new Float32Array(array.length), "float16", { out: array })).toThrow(disposed("out"));
      expect(() => partial("l1").add(array)).toThrow(disposed("chunk"));
    }
    // another tensor in the same memory is nothing to them
    const y = tensor([5, 6, 7, 8]);
    expect(() => mean(view)).toThrow(disposed("x"));
    expect(() => mean(part)).toThrow(disposed("x"));
    y.dispose();
  });

  test("of tensors without elements, too", () => {
    const x = empty([0, 3]);
    const view = x.data;
    expect(norm(view).data[0]).toBe(0);
    x.dispose();
    expect(() => norm(view)).toThrow(disposed("x"));
  });

  test("of another instance, and its tensors", async () => {
    const own = await load();
    const x = own.tensor([3, 4]);
    const view = x.data;
    expect(norm(x).data[0]).toBe(5);
    expect(norm(view).data[0]).toBe(5);
    x.dispose();
    expect(() => norm(x)).toThrow(disposed("x"));
    expect(() => norm(view)).toThrow(disposed("x"));
  });

  test("of kernel memory that is no tensor's are refused", () => {
    using x = tensor([1, 2, 3]);
    const { buffer } = x.data;
    for (const offset of [0, 2048, buffer.byteLength - 12]) {
      expect(() => norm(new Float32Array(buffer, offset, 3))).toThrow(disposed("x"));
      expect(() => norm(x, { out: new Float32Array(buffer, offset, 1) })).toThrow(disposed("out"));
    }
  });

  test("that were cut off by growth are no empty tensors", () => {
    using x = tensor([1, 2, 3]);
    const view = x.data;
    const part = view.subarray(1);
    grow();
    expect(view.length).toBe(0);
    for (const array of [view, part]) {
      expect(() => norm(array)).toThrow(cutOff("x"));
      expect(() => batchNorm({ data: array, shape: [0, 3] })).toThrow(cutOff("x.data"));
      expect(() => norm(x, { out: array })).toThrow(cutOff("out"));
    }
    expect(norm(x.data, { norm: "l1" }).data[0]).toBe(6);
  });

  test("detached and out of bounds", () => {
    const resizable = any(ArrayBuffer);
    const buffer = new resizable(48, { maxByteLength: 64 });
    const outside = new Float32Array(buffer, 16, 4);
    const tracking = new Float32Array(buffer, 16);
    buffer.resize(24);
    for (const array of [detached(3), outside]) {
      expect(() => norm(array)).toThrow(cutOff("x"));
      expect(() => layerNorm({ data: array, shape: [0] })).toThrow(cutOff("x.data"));
      expect(() => layerNorm(Float32Array.of(1, 2, 3), { bias: array })).toThrow(cutOff("bias"));
      expect(() => tensor(array)).toThrow(cutOff("data"));
    }
    tracking.fill(2);
    expect(norm(tracking, { norm: "l1" }).data[0]).toBe(4);
    buffer.resize(16);
    expect(norm(tracking).data[0]).toBe(0);
    buffer.resize(8);
    expect(() => norm(tracking)).toThrow(cutOff("x"));
  });
});

describe("what happens while arguments are read", () => {
  test("a tensor is disposed of, an array detached or cut off", () => {
    const before = memory();
    /** Is read after the result. */
    const late = (act: () => void) => ({ get data() { act(); return new Float32Array(4); }, shape: [4] }); // biome-ignore format: short
    const cases: [(x: TensorLike, act: () => void) => unknown, string][] = [
      [(x, act) => layerNorm(x, any({ get eps() { act(); return 1; } })), "x"],
      [(x, act) => norm(x, any({ get arithmetic() { act(); return undefined; } })), "x"],
      [(x, act) => layerNorm(new Float32Array(4), any({ weight: x, get bias() { act(); return undefined; } })), "weight"],
      [(x, act) => layerNormBackward(x, new Float32Array(4), any({ get dtype() { act(); return undefined; } })), "dy"],
      [(x, act) => layerNorm(new Float32Array(4), any({ out: x, weight: late(act) })), "out"],
      [(x, act) => layerNormBackward(new Float32Array(4), new Float32Array(4), any({ out: { dx: x }, weight: late(act) })), "out"],
      [(x, act) => round(x, any({ precision: 4, emin: -6, get emax() { act(); return 8; } })), "x"],
      [(x, act) => tensor(x, any(new Proxy([4], { get(list, key) { act(); return Reflect.get(list, key); } }))), "data"],
    ]; // biome-ignore format: one case a line
    for (const [call, name] of cases) {
      const x = tensor([1, 2, 3, 4]);
      expect(() => call(x, () => x.dispose())).toThrow(disposed(name));
      const array = Float32Array.of(1, 2, 3, 4);
      expect(() => call(array, () => array.buffer.byteLength && detach(array))).toThrow(cutOff(name));
    }
    expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
  });

  test("memory grows", () => {
    using x = tensor([1, 2, 3, 4]);
    const view = x.data as Float32Array;
    const out = layerNorm(view, any({ get norm() { grow(); return "l1"; }, out: x })); // biome-ignore format: short
    expect(out).toBe(x);
    expect([...x.data]).toEqual([...layerNorm(Float32Array.of(1, 2, 3, 4), { norm: "l1" }).data]);
  });

  test("a batch is gone before backward()", () => {
    const layer = new BatchNorm({ channels: 2 });
    const x = tensor([[1, 2], [3, 5]]); // biome-ignore format: short
    const y = layer.train(x);
    x.dispose();
    expect(() => layer.backward(y)).toThrow(disposed("x"));
    y.dispose();
  });
});

describe("tensors are what they were made as", () => {
  test("there is no new Tensor", () => {
    const { tensors } = memory();
    const make = any(Tensor);
    for (const given of [[], [[3], 3, 0], [{ address: 262144 }]]) {
      expect(() => new make(...given)).toThrow(new TypeError('a "Tensor" is made by tensor() or empty(), not by new'));
    }
    class Heir extends make {}
    expect(() => new Heir()).toThrow(TypeError);
    expect(memory().tensors).toBe(tensors);
  });

  test("what is written over its fields changes nothing", () => {
    using x = tensor([3, 4]);
    Object.assign(x, { size: 1e9, shape: [1e9], dtype: "float16" });
    expect(norm(x).data[0]).toBe(5);
    expect([...x.data]).toEqual([3, 4]);
    expect([...x.slice()]).toEqual([3, 4]);
  });

  test("a proxy of one, an heir and what only looks like one", () => {
    using x = tensor([3, 4]);
    for (const other of [new Proxy(x, {}), Object.create(x)]) {
      expect(() => norm(other)).toThrow(/^"data" is to be had of a Tensor itself/);
    }
    expect(norm(any({ ...x, data: x.data, engine: {}, address: 4 })).data[0]).toBe(5);
  });
});
