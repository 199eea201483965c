/** What the gradients refuse, and that nothing is written then; results that are given. */
import { describe, expect, test } from "vitest";
import {
  type BatchNormBackwardOptions,
  batchNormBackward,
  groupNormBackward,
  instanceNormBackward,
  layerNormBackward,
  memory,
  rmsNormBackward,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { gaussianTensor } from "../support/random.js";
import { FORMS, NORMALIZERS } from "../support/refuses.js";

const shape = [2, 3, 4];
const plain = (seed: number, dimensions: readonly number[] = shape) => gaussianTensor(dimensions, seed);

describe("arguments that are refused", () => {
  const cases: [string, () => unknown, ErrorConstructor, string][] = [];
  const add = (
    options: object,
    kind: ErrorConstructor,
    message: string,
    dy: unknown = plain(1),
    x: unknown = plain(2),
  ) =>
    cases.push([
      message,
      () => batchNormBackward(dy as Tensor, x as Tensor, options as BatchNormBackwardOptions),
      kind,
      message,
    ]);

  add({}, RangeError, '"dy" must be of the shape of "x", [2, 3, 4], got [2, 4, 3]', plain(1, [2, 4, 3]));
  add({}, RangeError, '"dy" must be of the shape of "x", [2, 3, 4], got [24]', plain(1, [24]));
  add({}, TypeError, `"dy" must be ${FORMS}, got 1`, 1);
  add({}, TypeError, `"x" must be ${FORMS}, got null`, plain(1), null);
  add({ axis: 3 }, RangeError, '"axis" must be an integer in [-3, 2], got 3');
  add({ eps: -1 }, RangeError, '"eps" must be a finite number of at least 0, got -1');
  add({ norm: "l3" }, RangeError, `"norm" must be ${NORMALIZERS}, got "l3"`);
  add({ norm: { topk: 9 } }, RangeError, '"topk" must be an integer in [1, 8], the elements of a group, got 9');
  add({ weight: new Float32Array(2) }, RangeError, '"weight" must have 3 elements, got 2');
  add({ bias: new Float32Array(2) }, RangeError, '"bias" must have 3 elements, got 2');
  add({ mean: new Float32Array(3) }, TypeError, '"mean" and "deviation" must be given both or neither');
  add({ deviation: new Float32Array(3) }, TypeError, '"mean" and "deviation" must be given both or neither');
  add(
    { mean: new Float32Array(3), deviation: new Float32Array(1) },
    RangeError,
    '"deviation" must have 3 elements, got 1',
  );
  add({ calibrated: 1 }, TypeError, '"calibrated" must be true or false, got 1');
  add({ dtype: "int8" }, RangeError, '"dtype" must be one of "float32", "float16", got "int8"');
  add({ out: new Float32Array(24) }, TypeError, '"out" must be { dx, dweight, dbias }, got Float32Array(24)');
  add({ out: { dx: new Float32Array(23) } }, RangeError, '"out.dx" must have 24 elements, got 23');
  add({ out: { dx: plain(1, [3, 2, 4]) } }, RangeError, '"out.dx" must be of shape [2, 3, 4], got [3, 2, 4]');
  add({ out: { dweight: new Uint16Array(3) } }, TypeError, '"out.dweight" must hold float32, got float16');
  add({ out: { dbias: new Float32Array(4) } }, RangeError, '"out.dbias" must have 3 elements, got 4');
  add({ out: { dbias: 3 } }, TypeError, '"out.dbias" must be');
  add({ momentum: 0.1 }, TypeError, 'unknown option "momentum"');

  test.each(cases)("%s", (_, call, kind, message) => {
    const before = memory().tensors;
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
    expect(memory().tensors).toBe(before);
  });

  test("options of the layers", () => {
    const [dy, x] = [plain(1), plain(2)];
    expect(() => groupNormBackward(dy, x, { groups: 2 })).toThrow(
      '"groups" must be a divisor of the 3 channels, got 2',
    );
    expect(() => instanceNormBackward(dy, x, { axis: 0 })).toThrow('"axis" must be another one than the batch axis');
    expect(() => layerNormBackward(dy, x, { weight: new Float32Array(12) })).toThrow('"weight" must have 4 elements');
    expect(() => rmsNormBackward(dy, x, { mean: new Float32Array(6) } as object)).toThrow('unknown option "mean"');
    expect(() => rmsNormBackward(dy, x, { norm: "none" as "l2" })).toThrow('"norm" must be');
  });
});

describe("overlaps", () => {
  const buffer = new Float32Array(100).fill(1);
  const at = (from: number, size: number, dimensions: readonly number[] = [size]) => ({
    data: buffer.subarray(from, from + size),
    shape: dimensions,
  });

  test("a result on a part of what is read, or on another result", () => {
    const [dy, x] = [at(0, 24, shape), at(24, 24, shape)];
    const refused = (out: object, message: string, extra: object = {}) =>
      expect(() => batchNormBackward(dy, x, { out, ...extra })).toThrow(message);
    refused({ dx: at(4, 24, shape) }, '"out.dx" must not overlap "dy" in part');
    refused({ dx: at(40, 24, shape) }, '"out.dx" must not overlap "x" in part');
    refused({ dweight: at(22, 3) }, '"out.dweight" must not overlap "dy"');
    refused({ dx: at(48, 24, shape), dbias: at(70, 3) }, '"out.dbias" must not overlap "out.dx"');
    refused({ dweight: at(80, 3), dbias: at(82, 3) }, '"out.dbias" must not overlap "out.dweight"');
    refused({ dx: at(48, 24, shape) }, '"out.dx" must not overlap "weight"', { weight: at(71, 3) });
    expect([...buffer]).toEqual(new Array(100).fill(1));
  });

  test("dx in the place of dy or of x", () => {
    for (const dimensions of [shape, [4, 3, 70], [6, 4]]) {
      for (const norm of ["l2", "l1", "linf", { topk: 2 }, { lp: 3 }] as const) {
        for (const half of [false, true]) {
          const [dy, x] = [plain(1, dimensions), plain(2, dimensions)].map((t) =>
            half ? { data: Uint16Array.from(t.data, (v) => 0x3c00 + 64 * v), shape: dimensions } : t,
          );
          const expected = batchNormBackward(dy, x, { norm }).dx.data;
          for (const where of [0, 1]) {
            const copies = [dy, x].map((t) => ({ data: t.data.slice(), shape: dimensions }));
            const { dx } = batchNormBackward(copies[0], copies[1], { norm, out: { dx: copies[where] } });
            expect(dx).toBe(copies[where]);
            expect(dx.data).toEqual(expected);
            const held = [dy, x].map((t) => tensor(t.data, dimensions));
            const resident = batchNormBackward(held[0], held[1], { norm, out: { dx: held[where] } });
            expect(resident.dx).toBe(held[where]);
            expect(held[where].slice()).toEqual(expected);
            for (const one of [...held, resident.dweight, resident.dbias]) (one as Tensor).dispose();
          }
        }
      }
    }
  });
});

test("results live where x lives, and go where they are to go", () => {
  const [dy, x] = [plain(1), plain(2)];
  const expected = batchNormBackward(dy, x);
  expect(expected.dx.shape).toEqual(shape);
  expect(expected.dweight.shape).toEqual([3]);
  const held = tensor(x.data, shape);
  const resident = batchNormBackward(dy, held);
  expect(resident.dx.slice()).toEqual(expected.dx.data);
  expect(resident.dweight.slice()).toEqual(expected.dweight.data);
  const given = {
    dx: new Float32Array(24),
    dweight: tensor(new Float32Array(3)),
    dbias: { data: new Float32Array(3) },
  };
  const filled = batchNormBackward(tensor(dy.data, shape), x, { out: given });
  expect(filled.dx).toBe(given.dx);
  expect(filled.dweight).toBe(given.dweight);
  expect(filled.dbias).toBe(given.dbias);
  expect(given.dx).toEqual(expected.dx.data);
  expect(given.dweight.slice()).toEqual(expected.dweight.data);
  expect(given.dbias.data).toEqual(expected.dbias.data);
  held.dispose();
});

test("tensors without elements", () => {
  const empty = { data: new Float32Array(0), shape: [0, 3, 4] };
  const { dx, dweight, dbias } = batchNormBackward(empty, empty);
  expect(dx.shape).toEqual([0, 3, 4]);
  expect([...dweight.data, ...dbias.data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("a call repeated leaves nothing behind", () => {
  const [dy, x] = [tensor(plain(1).data, shape), tensor(plain(2).data, shape)];
  const call = () => {
    const { dx, dweight, dbias } = layerNormBackward(dy, x, { norm: { topk: 2 } });
    for (const one of [dx, dweight, dbias]) one.dispose();
  };
  call();
  const before = memory();
  for (let i = 0; i < 2000; i++) call();
  expect(memory()).toEqual(before);
});
