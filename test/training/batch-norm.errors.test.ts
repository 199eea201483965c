/** What BatchNorm refuses: nothing changes then. */
import { describe, expect, test } from "vitest";
import { BatchNorm, type BatchNormState, load } from "../../src/index.js";
import { gaussianTensor as plain } from "../support/random.js";
import { any, FORMS, NORMALIZERS, refuses as refusesTo } from "../support/refuses.js";

function trained(): BatchNorm {
  const layer = new BatchNorm({ channels: 3, norm: { topk: 4 }, ghost: true });
  layer.train(plain([4, 3, 2]));
  return layer;
}

/** The call throws exactly this, and leaves the layer as it was, the batch for backward() included. */
function refuses(layer: BatchNorm, call: () => unknown, error: Error): void {
  const dy = plain([4, 3, 2]);
  refusesTo(call, error, () => [JSON.stringify(layer.state()), layer.backward(dy)]);
}

describe("making one", () => {
  const share = "a finite number of at least 0";
  test.each([
    [undefined, new TypeError('"settings" must be an object, got undefined')],
    [3, new TypeError('"settings" must be an object, got 3')],
    [{}, new TypeError('"channels" must be an integer in [1, 4294967295], got undefined')],
    [{ channels: 0 }, new RangeError('"channels" must be an integer in [1, 4294967295], got 0')],
    [{ channels: 1, features: 1 }, /^unknown option "features", known are channels, norm, axis, eps, momentum,/],
    [{ channels: 1, norm: "l3" }, new RangeError(`"norm" must be ${NORMALIZERS}, got "l3"`)],
    [{ channels: 1, axis: 1.5 }, new RangeError('"axis" must be an integer in [-8, 7], got 1.5')],
    [{ channels: 1, eps: -1 }, new RangeError('"eps" must be a finite number of at least 0, got -1')],
    [{ channels: 1, momentum: 1.1 }, new RangeError('"momentum" must be a number in [0, 1], got 1.1')],
    [{ channels: 1, momentum: "0.1" }, new TypeError(`"momentum" must be ${share}, got "0.1"`)],
    [{ channels: 1, affine: 1 }, new TypeError('"affine" must be true or false, got 1')],
    [{ channels: 1, calibrated: 1 }, new TypeError('"calibrated" must be true or false, got 1')],
    [{ channels: 1, arithmetic: "float17" }, /^"arithmetic" must be one of "float32"/],
    [{ channels: 2, weight: new Float32Array(3) }, new RangeError('"weight" must have 2 elements, got 3')],
    [{ channels: 2, bias: [1, 2] }, new TypeError(`"bias" must be ${FORMS}, got [1, 2]`)],
    [
      { channels: 2, affine: false, bias: new Float32Array(2) },
      new TypeError('"weight" and "bias" must be absent where "affine" is false'),
    ],
  ])("%j", (settings, error) => {
    expect(() => new BatchNorm(any(settings))).toThrow(error);
  });

  test("momentum that is set later", () => {
    const layer = trained();
    refuses(layer, () => (layer.momentum = 2), new RangeError('"momentum" must be a number in [0, 1], got 2'));
    expect(layer.momentum).toBe(0.1);
  });
});

describe("train and infer", () => {
  test("what is no tensor, or has other channels", () => {
    const layer = trained();
    for (const call of [(x: unknown) => layer.train(any(x)), (x: unknown) => layer.infer(any(x))]) {
      refuses(layer, () => call([1]), new TypeError(`"x" must be ${FORMS}, got [1]`));
      refuses(layer, () => call(plain([3])), new RangeError('"x" must be of shape [N, C, ...], got [N]'));
      refuses(layer, () => call(plain([3, 4])), new RangeError('"x" must have 3 channels on axis 1, got 4 in [3, 4]'));
    }
  });

  test("wrong options", () => {
    const layer = trained();
    const x = plain([4, 3, 2]);
    for (const call of [(o: unknown) => layer.train(x, any(o)), (o: unknown) => layer.infer(x, any(o))]) {
      refuses(layer, () => call({ eps: 1 }), new TypeError('unknown option "eps", known are dtype, out'));
      refuses(
        layer,
        () => call({ dtype: "float64" }),
        new RangeError('"dtype" must be one of "float32", "float16", got "float64"'),
      );
      refuses(layer, () => call({ out: new Float32Array(5) }), new RangeError('"out" must have 24 elements, got 5'));
    }
    refuses(layer, () => layer.train(x, { out: x }), new RangeError('"out" must not overlap "x"'));
    const weight = layer.weight as Float32Array;
    const data = new Float32Array(24);
    layer.weight = data.subarray(0, 3);
    refuses(layer, () => layer.train(x, { out: data }), new RangeError('"out" must not overlap "weight"'));
    layer.weight = weight;
  });

  test("a group of one element, or none", () => {
    const message = (got: number) =>
      new RangeError(`"x" must have at least 2 elements of each channel to train on, got ${got}`);
    const layer = trained();
    refuses(layer, () => layer.train(plain([1, 3])), message(1));
    refuses(layer, () => layer.train(plain([0, 3])), message(0));
    const other = new BatchNorm({ channels: 3, norm: "none" });
    expect(() => other.train(plain([1, 3, 1]))).toThrow(message(1));
    expect(other.infer(plain([1, 3])).shape).toEqual([1, 3]);
    expect(other.infer(plain([0, 3])).shape).toEqual([0, 3]);
  });

  test("fewer elements than the k of top-k", () => {
    const layer = trained();
    const error = new RangeError('"topk" must be an integer in [1, 2], the elements of a group, got 4');
    refuses(layer, () => layer.train(plain([2, 3])), error);
    expect(layer.infer(plain([2, 3])).shape).toEqual([2, 3]);
  });

  test("a weight of another length that was set", () => {
    const layer = trained();
    const { weight } = layer;
    layer.weight = new Float32Array(4);
    const error = new RangeError('"weight" must have 3 elements, got 4');
    refuses(layer, () => layer.train(plain([4, 3])), error);
    refuses(layer, () => layer.infer(plain([4, 3])), error);
    layer.weight = weight;
  });

  test("memory that cannot grow", async () => {
    const own = await load({ maxBytes: 2 ** 20 });
    for (const ghost of [undefined, true]) {
      const layer = new own.BatchNorm({ channels: 3, norm: { topk: 2 }, ghost });
      const x = own.tensor(new Float32Array(120_000).fill(1), [40_000, 3]);
      const before = [JSON.stringify(layer.state()), own.memory().tensors];
      expect(() => layer.train(x)).toThrow(/^not enough memory/);
      expect([JSON.stringify(layer.state()), own.memory().tensors]).toEqual(before);
      expect(() => layer.backward(x)).toThrow("backward() needs a train() before it");
      x.dispose();
    }
  });
});

describe("backward", () => {
  test("without a train() before it", () => {
    const layer = new BatchNorm({ channels: 3 });
    const error = new Error("backward() needs a train() before it");
    expect(() => layer.backward(plain([2, 3]))).toThrow(error);
    layer.infer(plain([2, 3]));
    expect(() => layer.backward(plain([2, 3]))).toThrow(error);
    expect(() => BatchNorm.from(trained().state()).backward(plain([4, 3, 2]))).toThrow(error);
    const other = trained();
    other.restore(other.state());
    expect(() => other.backward(plain([4, 3, 2]))).toThrow(error);
  });

  test("of another shape", () => {
    const layer = trained();
    const error = new RangeError('"dy" must be of the shape of "x", [4, 3, 2], got [4, 3]');
    refuses(layer, () => layer.backward(plain([4, 3])), error);
    refuses(layer, () => layer.backward(any([1])), new TypeError(`"dy" must be ${FORMS}, got [1]`));
    refuses(
      layer,
      () => layer.backward(plain([4, 3, 2]), any({ eps: 1 })),
      new TypeError('unknown option "eps", known are dtype, out'),
    );
  });
});

describe("states", () => {
  test("of another norm, width, or kind", () => {
    const layer = trained();
    const with_ = (settings: object) =>
      new BatchNorm(any({ channels: 3, norm: { topk: 4 }, ghost: true, ...settings })).state();
    const cases: [BatchNormState, Error][] = [
      [with_({ norm: "l1", ghost: false }), new RangeError('"state.norm" must be {"topk":4}, got "l1"')],
      [with_({ norm: { topk: 5 } }), new RangeError('"state.norm" must be {"topk":4}, got {"topk":5}')],
      [with_({ channels: 4 }), new RangeError('"state.channels" must be 3, got 4')],
      [with_({ ghost: false }), new TypeError('"state.ghostDeviation" must be an array of numbers, got null')],
      [with_({ affine: false }), new TypeError('"state.weight" must be an array of numbers, got null')],
    ];
    for (const [state, error] of cases) refuses(layer, () => layer.restore(state), error);
    const bare = new BatchNorm({ channels: 3, norm: { topk: 4 }, affine: false });
    expect(() => bare.restore(with_({ ghost: false }))).toThrow(
      new RangeError('"state.weight" must be null, since there is none, got [1, 1, 1]'),
    );
    expect(() => bare.restore(with_({ affine: false }))).toThrow(
      new RangeError('"state.ghostDeviation" must be null, since there is none, got [0, 0, 0]'),
    );
  });

  test.each<[string, Partial<Record<keyof BatchNormState | "extra", unknown>>, string]>([
    ["of something else", { schema: "halfnorm.partial/1" }, '"state.schema" must be "halfnorm.batchnorm/1"'],
    ["with a key more", { extra: 1 }, 'unknown key "extra" in "state"'],
    ["of no norm", { norm: null }, '"norm" must be'],
    ["of a huge width", { channels: 2 ** 31 }, '"state.runningMean" must have 2147483648 elements, got 3'],
    ["of a width in text", { channels: "3" }, '"channels" must be an integer'],
    ["of no axis", { axis: null }, '"axis" must be an integer'],
    ["of no eps", { eps: null }, '"eps" must be a finite number'],
    ["of a momentum that is none", { momentum: "NaN" }, '"momentum" must be a finite number'],
    ["calibrated by a number", { calibrated: 1 }, '"calibrated" must be true or false, got 1'],
    ["of an unknown arithmetic", { arithmetic: { compute: "float16", mode: 1 } }, 'unknown option "mode"'],
    ["of a part of a batch", { numBatches: 0.5 }, '"state.numBatches" must be an integer'],
    ["without a mean", { runningMean: null }, '"state.runningMean" must be an array of numbers, got null'],
    ["with a mean too many", { runningMean: [1, 2, 3, 4] }, '"state.runningMean" must have 3 elements, got 4'],
    [
      "with a deviation below 0",
      { runningDeviation: [1, -1, 1] },
      '"state.runningDeviation[1]" must be at least 0, got -1',
    ],
    [
      "with a ghost average below 0",
      { ghostDeviation: [1, -1, 1] },
      '"state.ghostDeviation[1]" must be at least 0, got -1',
    ],
    ["with a weight of text", { weight: ["1", 1, 1] }, '"state.weight[0]" must be a finite number'],
    ["with a weight of an object", { weight: {} }, '"state.weight" must be an array of numbers, got {  }'],
    ["with ghosts that are not said", { ghost: null }, '"state.ghostDeviation" must be null, since there is none'],
  ])("refuses one %s", (_, change, message) => {
    const state = JSON.parse(JSON.stringify(trained().state()));
    expect(() => BatchNorm.from({ ...state, ...change })).toThrow(message);
    const layer = trained();
    const before = JSON.stringify(layer.state());
    const settings = ["axis", "eps", "momentum", "calibrated", "arithmetic", "ghost"];
    if (!settings.includes(Object.keys(change)[0])) {
      expect(() => layer.restore({ ...state, ...change })).toThrow();
      expect(JSON.stringify(layer.state())).toBe(before);
    }
  });

  test("refuses one with any key missing", () => {
    for (const key of Object.keys(trained().state())) {
      const { [key]: _, ...rest } = trained().state() as unknown as Record<string, unknown>;
      expect(() => BatchNorm.from(any(rest)), key).toThrow(TypeError);
    }
  });
});
