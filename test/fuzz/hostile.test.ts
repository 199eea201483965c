/** Hostile values in the place of any argument, option or field: right, or an error that names it, and nothing has changed. */

import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect } from "vitest";
import * as halfnorm from "../../src/index.js";
import { empty, layerNorm, load, memory, Tensor, tensor } from "../../src/index.js";
import { detached, disposed } from "../support/detached.js";
import { any } from "../support/refuses.js";
import { seconds } from "../support/seconds.js";
import { fuzz } from "./runs.js";

/** Thrown by what a caller gives: passed on as it is. */
class Mine extends Error {}
const mine = (): never => {
  throw new Mine("mine");
};

const other = await load();
const elsewhere = other.tensor(new Float32Array(12), [3, 4]);

function shrunk(): Float32Array {
  const buffer = new (any(ArrayBuffer))(48, { maxByteLength: 64 });
  const array = new Float32Array(buffer, 16, 8);
  buffer.resize(8);
  return array;
}

const HOSTILE: Record<string, () => unknown> = {
  ...Object.fromEntries(
    [
      Number.NaN,
      -0,
      Infinity,
      -Infinity,
      1e308,
      2 ** 53,
      2 ** 32,
      2 ** 31,
      -1,
      0.5,
      1e-320,
      0,
      8,
      null,
      undefined,
      true,
    ].map((value) => [String(Object.is(value, -0) ? "-0" : value), () => value]),
  ),
  bigint: () => 10n ** 1000n,
  symbol: () => Symbol("s"),
  string: () => "abc",
  "empty string": () => "",
  "string of a number": () => "1",
  "long string": () => "x".repeat(1e5),
  __proto__: () => "__proto__",
  constructor: () => "constructor",
  array: () => [1, 2, 3, 4],
  "empty array": () => [],
  holes: () => new Array(4),
  "many holes": () => new Array(1e6),
  nested: () => [[1, 2], [3, 4]], // biome-ignore format: short
  circle: () => {
    const circle: unknown[] = [];
    circle.push(circle, circle);
    return circle;
  },
  object: () => ({}),
  "without prototype": () => Object.create(null),
  function: () => () => 1,
  date: () => new Date(Number.NaN),
  map: () => new Map(),
  promise: () => Promise.resolve(1),
  "an object for a number": () => new Number(3),
  "with valueOf": () => ({ valueOf: mine, toString: mine, [Symbol.toPrimitive]: mine }),
  float64: () => new Float64Array(12),
  bytes: () => Buffer.alloc(48),
  "a view": () => new DataView(new ArrayBuffer(48)),
  "a buffer": () => new ArrayBuffer(48),
  "no elements": () => new Float32Array(0),
  "five elements": () => new Float32Array(5),
  "twelve elements": () => new Float32Array(12),
  halves: () => new Uint16Array(12),
  detached: () => detached(12),
  shrunk,
  "of another realm": () => runInNewContext("new Float32Array(12)"),
  "disposed of": () => disposed(Float32Array.of(1, 2, 3), [3]),
  elsewhere: () => elsewhere,
  "looks like a tensor": () => ({ ...elsewhere, data: new Float32Array(12), address: 4, engine: {} }),
  "a proxy of a tensor": () => new Proxy(elsewhere, {}),
  "too small": () => ({ data: new Float32Array(12), shape: [3, 5] }),
  "below zero": () => ({ data: new Float32Array(12), shape: [-3, -4] }),
  "nine dimensions": () => ({ data: new Float32Array(1), shape: new Array(9).fill(1) }),
  "absurdly empty": () => ({ data: new Float32Array(0), shape: [2 ** 32 - 1, 2 ** 32 - 1, 0] }),
  "absurdly full": () => ({ data: new Float32Array(12), shape: [2 ** 32 - 1, 2 ** 32 - 1] }),
  "another dtype": () => ({ data: new Float32Array(12), shape: [12], dtype: "float16" }),
  throws: () => new Proxy({}, { get: mine, has: mine, ownKeys: mine }),
  "a getter that throws": () => ({ get data() { return mine(); }, shape: [3] }), // biome-ignore format: short
  topk: () => ({ topk: 1e9 }),
  lp: () => ({ lp: Number.NaN }),
  arithmetic: () => ({ compute: { precision: 99 } }),
  state: () => ({ schema: "halfnorm.batchnorm/1" }),
};

const x = () => ({ data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)), shape: [3, 4] });
const f = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.cos(i) + 2);
const state = (): unknown => {
  const layer = new halfnorm.BatchNorm({ channels: 4, norm: { topk: 2 }, ghost: true });
  layer.train(x());
  return JSON.parse(JSON.stringify(layer.state()));
};
const DIAGNOSIS = JSON.stringify(halfnorm.diagnose(x(), { arithmetic: "float16", layer: "batch" }));
const gathered = () => JSON.parse(JSON.stringify(halfnorm.partial({ topk: 2 }, { axis: 1 }).add(x())));
const outs = () => ({ dx: f(12), dweight: f(4), dbias: f(4) });

type Call = (given: readonly unknown[]) => unknown;
const of =
  (call: unknown): Call =>
  (given) =>
    (call as (...given: readonly unknown[]) => unknown)(...given);

/** A call, and arguments that are right. What it is given stays as it is when it throws, unless it has steps. */
const CALLS: Record<string, { call: Call; given: () => unknown[]; steps?: true }> = {
  norm: { call: of(halfnorm.norm), given: () => [x(), { norm: { topk: 2 }, axes: [1], keepDims: true, out: f(3) }] },
  mean: { call: of(halfnorm.mean), given: () => [x(), { axes: 0, arithmetic: { compute: "float16", accumulate: "exact" } }] },
  statistics: { call: of(halfnorm.statistics), given: () => [x(), { norm: { lp: 3, unscaled: true }, axes: [0, 1], calibrated: true }] },
  batchNorm: { call: of(halfnorm.batchNorm), given: () => [x(), { norm: "l1", axis: 1, eps: 1, weight: f(4), bias: f(4), mean: f(4), deviation: f(4), out: f(12) }] },
  layerNorm: { call: of(layerNorm), given: () => [x(), { norm: { lp: 2.5 }, axis: -1, weight: f(4), dtype: "float16", arithmetic: { compute: "float16", order: "pairwise" } }] },
  resident: { call: of(layerNorm), given: () => [tensor(f(12), [3, 4]), { norm: "linf", weight: tensor(f(4)), out: empty([3, 4]) }] },
  rmsNorm: { call: of(halfnorm.rmsNorm), given: () => [x(), { axis: 0, eps: 0, out: { data: f(12), shape: [3, 4] } }] },
  instanceNorm: { call: of(halfnorm.instanceNorm), given: () => [{ data: f(24), shape: [2, 3, 4] }, { axis: 1, weight: f(3) }] },
  groupNorm: { call: of(halfnorm.groupNorm), given: () => [{ data: f(24), shape: [2, 4, 3] }, { groups: 2, bias: f(4) }] },
  weightNorm: { call: of(halfnorm.weightNorm), given: () => [x(), { g: f(3), axis: 0, norm: "l2", out: f(12) }] },
  boundedWeightNorm: { call: of(halfnorm.boundedWeightNorm), given: () => [x(), { rho: 2, g: f(3), norm: "range" }] },
  lpNormalize: { call: of(halfnorm.lpNormalize), given: () => [x(), { norm: "l2", axis: 0, arithmetic: "tfloat32" }] },
  batchNormBackward: { call: of(halfnorm.batchNormBackward), given: () => [x(), x(), { norm: { topk: 2 }, weight: f(4), mean: f(4), deviation: f(4), out: outs() }] },
  layerNormBackward: { call: of(halfnorm.layerNormBackward), given: () => [x(), tensor(f(12), [3, 4]), { norm: { lp: 3 }, axis: 1, eps: 1 }] },
  weightNormBackward: { call: of(halfnorm.weightNormBackward), given: () => [x(), x(), { g: f(3), out: { dv: f(12), dg: f(3) } }] },
  boundedWeightNormBackward: { call: of(halfnorm.boundedWeightNormBackward), given: () => [x(), x(), { g: f(3), rho: 1 }] },
  partial: { call: ([norm, o, chunk, more]) => halfnorm.partial(any(norm), any(o)).add(any(chunk)).merge(any(more)).result(), given: () => [{ topk: 2 }, { axis: 1, centre: 1 }, x(), gathered()], steps: true },
  "PartialStatistics.from": { call: ([json]) => halfnorm.PartialStatistics.from(any(json)).result(), given: () => [gathered()] },
  BatchNorm: { call: ([settings]) => new halfnorm.BatchNorm(any(settings)).train(x()), given: () => [{ channels: 4, norm: { topk: 2 }, axis: 1, eps: 1, momentum: 0.5, weight: f(4), ghost: 0.5 }] },
  "BatchNorm.from": { call: ([json]) => halfnorm.BatchNorm.from(any(json)).infer(x()), given: () => [state()] },
  foldBatchNorm: { call: of(halfnorm.foldBatchNorm), given: () => [{ weight: x(), bias: f(3) }, { mean: f(3), deviation: f(3), eps: 1, weight: f(3), axis: 0 }] },
  rescaleToNorms: { call: of(halfnorm.rescaleToNorms), given: () => [x(), { norms: [1, 2, 3], axis: 0, out: f(12) }] },
  correctedLearningRate: { call: of(halfnorm.correctedLearningRate), given: () => [0.1, [1, 2], Float32Array.of(1, 2), { limit: 3 }] },
  round: { call: of(halfnorm.round), given: () => [x(), { precision: 5, emin: -10, emax: 10, max: 1984 }, { mode: "stochastic", seed: 1, out: f(12) }] },
  toFloat16: { call: of(halfnorm.toFloat16), given: () => [x(), { out: new Uint16Array(12) }] },
  diagnose: { call: of(halfnorm.diagnose), given: () => [x(), { arithmetic: "float16", layer: "batch", axis: 1, weight: f(4), remedies: false }] },
  compare: { call: of(halfnorm.compare), given: () => [x(), x(), { format: "bfloat16" }] },
  tensor: { call: of(tensor), given: () => [[[1, 2], [3, 4]], [4], "float16"] },
  empty: { call: of(empty), given: () => [[3, 4], "float16"] },
  tidy: { call: ([make]) => halfnorm.tidy(any(make)), given: () => [() => tensor([1, 2])] },
  rmsNormBackward: { call: of(halfnorm.rmsNormBackward), given: () => [x(), x(), { deviation: f(3), dtype: "float16", arithmetic: undefined }] },
  instanceNormBackward: { call: of(halfnorm.instanceNormBackward), given: () => [x(), x(), { axis: 1, arithmetic: "float16" }] },
  groupNormBackward: { call: of(halfnorm.groupNormBackward), given: () => [x(), x(), { groups: 2, axis: 1 }] },
  "BatchNorm, restore": { call: ([json]) => { const layer = new halfnorm.BatchNorm({ channels: 4, norm: { topk: 2 }, ghost: true }); layer.restore(any(json)); return layer.train(x()); }, given: () => [state()] },
  "BatchNorm, all steps": { call: ([chunk, o, dy, out, weight, momentum]) => { const layer = new halfnorm.BatchNorm({ channels: 4 }); layer.weight = any(weight); layer.momentum = any(momentum); const y = layer.train(any(chunk), any(o)); layer.backward(any(dy), any(out)); return [y, layer.infer(any(chunk))]; }, given: () => [x(), { dtype: "float32", out: f(12) }, x(), { out: { dx: f(12) } }, f(4), 0.5], steps: true },
  channelNorms: { call: of(halfnorm.channelNorms), given: () => [x(), { axis: 0 }] },
  effectiveStepSize: { call: of(halfnorm.effectiveStepSize), given: () => [0.1, [1, 2, 3]] },
  normSchedule: { call: ([recorded, at]) => halfnorm.normSchedule(any(recorded))(any(at)), given: () => [[[1, 2], Float32Array.of(2, 3)], 0.5] },
  fromFloat16: { call: of(halfnorm.fromFloat16), given: () => [new Uint16Array(12), { out: f(12) }] },
  trelu: { call: of(halfnorm.trelu), given: () => [x(), { dtype: "float16", out: new Uint16Array(12) }] },
  format: { call: of(halfnorm.format), given: () => [{ precision: 5, emin: -10, emax: 10, overflow: "nan", subnormals: false, max: 1984 }] },
  formatDiagnosis: { call: of(halfnorm.formatDiagnosis), given: () => [JSON.parse(DIAGNOSIS), { color: true, width: 90 }] },
  formatComparison: { call: of(halfnorm.formatComparison), given: () => [halfnorm.compare(x(), x()), { color: false, width: 80 }] },
}; // biome-ignore format: one call a line

/** Where something may stand: in the arguments, and in what they are made of. */
function places(value: unknown, path: string[] = [], found: string[][] = []): string[][] {
  if (path.length) found.push(path);
  if (typeof value !== "object" || !value || ArrayBuffer.isView(value) || value instanceof Tensor || path.length > 3)
    return found;
  for (const key of Object.keys(value)) places((value as Record<string, unknown>)[key], [...path, key], found);
  return found;
}

/** Into what a hostile value has taken the place of before, nothing is put, nor into what is frozen: the shape of a tensor. */
function put(given: unknown, path: readonly string[], value: unknown, getter: boolean): void {
  let into = given as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    into = Object.getOwnPropertyDescriptor(into, key)?.value;
    if (![Object.prototype, Array.prototype].includes(into && Object.getPrototypeOf(into))) return;
  }
  if (Object.isFrozen(into)) return;
  const key = path[path.length - 1];
  // one that makes calls of its own while it is read
  const get = () => {
    halfnorm.norm(f(9));
    return value;
  };
  const configurable = { enumerable: true, configurable: true };
  Object.defineProperty(into, key, getter ? { ...configurable, get } : { ...configurable, value, writable: true });
}

/** Tensors and arrays in a value, so far down as arguments and results go; getters are left alone. */
function partsOf(value: unknown, depth = 4): unknown[] {
  if (typeof value !== "object" || !value) return [];
  if (value instanceof Tensor || ArrayBuffer.isView(value)) return value === elsewhere ? [] : [value];
  try {
    const own = Object.values(Object.getOwnPropertyDescriptors(value)).slice(0, 20);
    return depth ? own.flatMap((each) => partsOf(each.value, depth - 1)) : [];
  } catch {
    return [];
  }
}

const tensorsIn = (value: unknown): Tensor[] => partsOf(value).filter((each) => each instanceof Tensor);
const numbersIn = (value: unknown): string[] =>
  partsOf(value).flatMap((each) => {
    if (!(each instanceof Float32Array || each instanceof Uint16Array)) return [];
    // not by its methods, which throw where it is detached
    return [Array.from({ length: 24 }, (_, i) => each[i]).join()];
  });

const drawn = fc.record({
  name: fc.constantFrom(...Object.keys(CALLS)),
  spots: fc.array(
    fc.record({ place: fc.nat(), value: fc.constantFrom(...Object.keys(HOSTILE)), getter: fc.boolean() }),
    { minLength: 1, maxLength: 2 },
  ),
});

fuzz("hostile values", 800, drawn, ({ name, spots }) => {
  const before = memory();
  const { call, given: make, steps } = CALLS[name];
  const given = make();
  const own = tensorsIn(given);
  const all = places(given);
  for (const { place, value, getter } of spots) put(given, all[place % all.length], HOSTILE[value](), getter);
  const bits = numbersIn(given);
  const during = memory();
  let result: unknown;
  let thrown: Error | undefined;
  const spent = seconds(() => {
    try {
      result = call(given);
    } catch (error) {
      thrown = error as Error;
    }
  });
  expect(spent).toBeLessThan(20);
  if (thrown && !(thrown instanceof Mine)) {
    expect([TypeError, RangeError]).toContain(thrown.constructor);
    expect(thrown.message).toMatch(/"|unknown option/);
    expect(thrown.message.length).toBeLessThan(500);
    expect(thrown.message).not.toMatch(/call stack|out of bounds|Invalid|not a function|Cannot/);
  }
  if (thrown && !steps) {
    expect(numbersIn(given)).toEqual(bits);
    expect(memory()).toMatchObject({ used: during.used, tensors: during.tensors });
  }
  for (const each of [...own, ...tensorsIn(result)]) each.dispose();
  expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
  expect(layerNorm(Float32Array.of(-1, 1), { eps: 0 }).data).toEqual(Float32Array.of(-1, 1));
});
