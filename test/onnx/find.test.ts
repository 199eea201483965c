/** Normalizations in models: all of them are found, and what is taken for them gives what onnxruntime gives in float32. */

import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { findNormalizations } from "../../src/onnx/find.js";
import { graphOf } from "../../src/onnx/graph.js";
import { layerCall, type Values } from "../../src/onnx/layer-call.js";
import type { Normalization } from "../../src/onnx/normalization.js";
import { readModel } from "../../src/onnx/proto.js";
import { constantOf, type External } from "../../src/onnx/values.js";
import { sizeOf } from "../oracle/walk.js";
import { OPERATORS, WRITTEN } from "../support/onnx-cases.js";
import { EXPORTED } from "../support/onnx-exporters.js";
import { around } from "../support/onnx-graph.js";
import { type ModelSpec, modelBytes } from "../support/onnx-model.js";
import { convolutional, transformer } from "../support/onnx-networks.js";
import { gaussian } from "../support/random.js";

const NONE: External = () => {
  throw new Error("nothing is in other files");
};

function found(spec: ModelSpec): { graph: ReturnType<typeof graphOf>; layers: readonly Normalization[] } {
  const model = readModel(modelBytes(spec));
  const graph = graphOf(model.graph);
  return { graph, layers: findNormalizations(graph, model.functions, NONE).found };
}

/** Tensors of a model, as onnxruntime computes them. */
async function tensorsOf(
  spec: ModelSpec,
  names: readonly string[],
  shape: readonly number[],
): Promise<Record<string, Values>> {
  const own = names.filter((name) => !(name in spec.outputs) && !(name in (spec.inputs ?? {})));
  const outputs = { ...spec.outputs, ...Object.fromEntries(own.map((name) => [name, {}])) };
  const session = await ort.InferenceSession.create(modelBytes({ ...spec, outputs }), { logSeverityLevel: 4 });
  const [input] = Object.keys(spec.inputs ?? {});
  const x = new ort.Tensor("float32", gaussian(sizeOf(shape), 99), shape);
  const results = await session.run({ [input]: x });
  await session.release();
  return Object.fromEntries(
    Object.entries({ ...results, [input]: x }).map(([name, { dims, data }]) => [
      name,
      { dims, values: data as Float32Array },
    ]),
  );
}

/** A normalization that was found, with the axes of its x, and in what it is not as it is taken to be. */
type Found = Normalization & { readonly axes: readonly number[]; readonly note: string | undefined };

/** Holds what layers are taken for against what onnxruntime makes of them. */
async function checkLayers(spec: ModelSpec, shape: readonly number[]): Promise<readonly Found[]> {
  const { graph, layers } = found(spec);
  const names = layers.flatMap(({ inputs, output }) => [...inputs, output]);
  const tensors = await tensorsOf(spec, names, shape);
  return layers.map((layer) => {
    const [first, ...others] = layer.inputs.map((name) => tensors[name] ?? constantOf(graph, name, NONE));
    const x = Float32Array.from(first.values);
    for (const { values } of others) for (let i = 0; i < x.length; i++) x[i] += values[i % values.length];
    const parameter = (name: string | undefined) => (name === undefined ? undefined : constantOf(graph, name, NONE));
    const { weight, bias, mean, variance } = layer;
    const call = layerCall(layer, x, first.dims, {
      weight: parameter(weight),
      bias: parameter(bias),
      mean: parameter(mean),
      variance: parameter(variance),
    });
    if (typeof call === "string") throw new Error(call);
    const y = call.emulate(call.x.data, "float32", "float32");
    const expected = tensors[layer.output].values;
    expect(y.length).toBe(expected.length);
    let [worst, most] = [0, 0];
    for (let i = 0; i < y.length; i++) {
      worst = Math.max(worst, Math.abs(y[i] - expected[i]));
      most = Math.max(most, Math.abs(expected[i]));
    }
    expect(worst / most, layer.operator).toBeLessThan(2e-6);
    return { ...layer, axes: call.axes, note: call.note };
  });
}

describe("operators", () => {
  for (const { operator, opsets, shape, axes, domains, write } of OPERATORS) {
    for (const opset of opsets) {
      it(`${operator} of opset ${opset} over ${axes}`, async () => {
        const layers = await checkLayers(around(opset, shape, write, domains), shape);
        expect(layers.map((layer) => [layer.operator, layer.axes])).toEqual([[operator, axes]]);
        expect([layers[0].nodes.length, layers[0].note]).toEqual([1, undefined]);
      });
    }
  }
});

describe("written out", () => {
  for (const { name, operator, axes, centred, epsilon, note = /^$/, opsets = [11, 23], write } of [
    ...WRITTEN,
    ...EXPORTED,
  ]) {
    for (const opset of opsets) {
      it(`${name}, opset ${opset}`, async () => {
        const spec = around(opset, ["b", 4, 24], (g, x) => write(g, x, 24));
        const layers = await checkLayers(spec, [2, 4, 24]);
        expect(layers.length).toBe(1);
        const [layer] = layers;
        expect([layer.operator, layer.axes, layer.centred]).toEqual([operator, axes, centred]);
        expect(layer.note ?? "").toMatch(note);
        expect(layer.epsilon).toBeCloseTo(epsilon, 9);
        // all nodes but the first, the last, and those that make constants and shapes
        const own = spec.nodes.filter(({ op }) => op !== "Constant" && op !== "Shape").map((node) => node.name);
        expect(layer.nodes.map((node) => node.name).sort()).toEqual(own.slice(1, -1).sort());
      });
    }
  }
});

describe("models", () => {
  /** Each layer's, or in what it is not as it is taken to be. */
  const operators = (layers: readonly Found[]) => layers.map(({ operator, note }) => note ?? operator);
  for (const opset of [17, 20, 23]) {
    it(`a transformer of opset ${opset}, operators`, async () => {
      const layers = await checkLayers(transformer(opset, true), [2, 7, 32]);
      expect(operators(layers)).toEqual(Array(3).fill("LayerNormalization"));
    });
  }
  for (const opset of [11, 17, 20, 23]) {
    it(`a transformer of opset ${opset}, written out`, async () => {
      const layers = await checkLayers(transformer(opset, false), [2, 7, 32]);
      expect(operators(layers)).toEqual(Array(3).fill("decomposed LayerNorm"));
    });
    it(`a convolutional network of opset ${opset}`, async () => {
      const layers = await checkLayers(convolutional(opset), [1, 3, 12, 12]);
      expect(operators(layers)).toEqual(["BatchNormalization", "InstanceNormalization", "BatchNormalization"]);
    });
  }
});

describe("what is none", () => {
  const none = (name: string, write: Parameters<typeof around>[2]): void =>
    it(name, () => {
      expect(found(around(17, [2, 4, 24], write)).layers).toEqual([]);
    });
  none("a mean", (g, x) => g.reduce("ReduceMean", x, [-1]));
  none("a root of something else", (g, x) => g.node("Div", [x, g.node("Sqrt", [g.node("Exp", [x])])]));
  none("a square of another tensor than is divided", (g, x) =>
    g.node("Div", [g.node("Exp", [x]), g.node("Sqrt", [g.reduce("ReduceMean", g.node("Mul", [x, x]), [-1])])]),
  );
  none("a cube", (g, x) =>
    g.node("Div", [x, g.node("Sqrt", [g.reduce("ReduceMean", g.node("Pow", [x, g.scalar(3)]), [-1])])]),
  );
  none("another mean than over the same axes", (g, x) => {
    const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [1])]);
    return g.node("Div", [x, g.node("Sqrt", [g.reduce("ReduceMean", g.node("Mul", [d, d]), [-1])])]);
  });
  none("dimensions that are dropped", (g, x) =>
    g.node("Div", [x, g.node("Sqrt", [g.node("ReduceMean", [g.node("Mul", [x, x])], { axes: [-1], keepdims: 0 })])]),
  );
  none("dimensions that are dropped, and put elsewhere", (g, x) => {
    const mean = g.node("ReduceMean", [g.node("Mul", [x, x])], { axes: [-1], keepdims: 0 });
    return g.node("Div", [x, g.node("Sqrt", [g.node("Reshape", [mean, g.integers([1, 2, 4])])])]);
  });
  none("the squares of the mean", (g, x) => {
    const mean = g.reduce("ReduceMean", x, [-1]);
    return g.node("Div", [x, g.node("Sqrt", [g.reduce("ReduceMean", g.node("Mul", [mean, mean]), [-1])])]);
  });
  none("the difference of another mean", (g, x) => {
    const squares = g.reduce("ReduceMean", g.node("Mul", [x, x]), [-1]);
    const mean = g.reduce("ReduceMean", "x", [-1]);
    const variance = g.node("Sub", [squares, g.node("Mul", [mean, mean])]);
    return g.node("Div", [g.node("Sub", [x, mean]), g.node("Sqrt", [variance])]);
  });
  none("a root that is multiplied by x, not divided", (g, x) =>
    g.node("Mul", [x, g.node("Sqrt", [g.reduce("ReduceMean", g.node("Mul", [x, x]), [-1])])]),
  );
  none("the root over x", (g, x) =>
    g.node("Div", [g.node("Sqrt", [g.reduce("ReduceMean", g.node("Mul", [x, x]), [-1])]), x]),
  );
  none("a mean of no axes", (g, x) => {
    const mean = g.node("ReduceMean", [g.node("Mul", [x, x])], { noop_with_empty_axes: 1 });
    return g.node("Div", [x, g.node("Sqrt", [mean])]);
  });
});
