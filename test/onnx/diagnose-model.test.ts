/** Models diagnosed: verdicts by kernel, what becomes of outputs, lists, ranges; what is given and what is wrong with it. */

import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { diagnose, kernels } from "../../src/index.js";
import { diagnoseModel, type ModelDiagnosis, ModelError } from "../../src/onnx/index.js";
import type { DiagnoseModelOptions } from "../../src/onnx/options.js";
import { around, GraphBuilder, positive } from "../support/onnx-graph.js";
import { type ModelSpec, modelBytes } from "../support/onnx-model.js";
import { tokens, transformer } from "../support/onnx-networks.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";

const input = (data: Float32Array, shape: readonly number[]) => ({ x: { data, shape } });

async function run(spec: ModelSpec, options: Partial<DiagnoseModelOptions>): Promise<ModelDiagnosis> {
  const found = await diagnoseModel(modelBytes(spec), { runtime: ort, ...options });
  // plain data
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  return found;
}

const shape = [2, 4, 24];
const layer = (scale: number): ModelSpec =>
  around(17, ["b", 4, 24], (g, x) => {
    const scaled = g.node("Mul", [x, g.scalar(scale)]);
    return g.node("LayerNormalization", [scaled, g.tensor(positive(24, 1)), g.tensor(gaussian(24, 2))], { axis: -1 });
  });

const verdicts = ({ layers }: ModelDiagnosis) => layers.map(({ kernels: all }) => all.map(({ verdict }) => verdict));

describe("a layer", () => {
  it("is judged as diagnose() judges what it is given", async () => {
    const x = gaussian(192, 3);
    const found = await run(layer(40), { inputs: input(x, shape) });
    expect(verdicts(found)).toEqual([["failed", "ok", "ok", "ok"]]);
    const given = x.map((each) => Math.fround(Math.fround(each * 1.5) * 40));
    const own = diagnose(
      { data: given, shape },
      {
        layer: "layer",
        eps: 1e-5,
        weight: positive(24, 1),
        bias: gaussian(24, 2),
        arithmetic: "float16",
        remedies: false,
      },
    );
    const [{ kernels: all, ...rest }] = found.layers;
    expect(all[0]).toMatchObject({
      name: "float16 sums",
      verdict: own.verdict,
      reason: own.reason,
      error: own.error,
      headroom: own.headroom,
    });
    expect(rest).toMatchObject({
      name: "LayerNormalization_6",
      operator: "LayerNormalization",
      nodes: ["LayerNormalization_6"],
      axes: [2],
      norm: "l2",
      shape,
      count: 192,
      maxAbs: Math.max(...given.map(Math.abs)),
    });
    expect(rest.remedy?.scale).toBeLessThan(1);
    expect(found.keep).toEqual({
      "float16 sums": ["LayerNormalization_6"],
      "float32 sums": [],
      "float32 statistics": [],
      float32: [],
    });
    expect(found.ranges).toEqual([]);
  });

  it("is ok where nothing is wrong, and nothing is kept", async () => {
    const found = await run(layer(1), { inputs: input(gaussian(192, 3), shape) });
    expect(verdicts(found)).toEqual([["ok", "ok", "ok", "ok"]]);
    expect(Object.values(found.keep).flat()).toEqual([]);
    expect(found.layers[0].remedy).toBeUndefined();
  });

  it("changes the outputs by what its kernel gives", async () => {
    const found = await run(layer(40), { inputs: input(gaussian(192, 3), shape) });
    const [bad, sums, statistics, full] = found.layers[0].kernels.map(({ effect }) => effect?.[0]);
    expect(bad).toMatchObject({ output: "y" });
    expect(bad?.maxAbs).toBeGreaterThan(0.3);
    expect(bad?.changedArgmax).toBeGreaterThan(0);
    // with one layer, all of them are replaced
    for (const one of [sums, statistics, full]) expect(one?.maxAbs).toBeLessThan(0.01);
    expect(found.effect?.["float16 sums"]).toEqual([bad]);
  });

  it("is judged over all runs, by the worst", async () => {
    const calm = input(gaussian(192, 3), shape);
    const wild = input(gaussian(192, 4, 0, 40), shape);
    const found = await run(layer(1), { inputs: [calm, wild, calm], sources: ["a", "b"] });
    expect(verdicts(found)[0][0]).toBe("failed");
    expect(found.layers[0].count).toBe(3 * 192);
    expect(found.runs).toEqual([{ source: "a" }, { source: "b" }, { source: "inputs 3" }]);
    const alone = await run(layer(1), { inputs: wild });
    expect(found.layers[0].kernels[0].error).toEqual(alone.layers[0].kernels[0].error);
    expect(found.layers[0].kernels[0].headroom).toBe(alone.layers[0].kernels[0].headroom);
  });

  it("has the kernel of the runtime that is asked for", async () => {
    const written = (opset: number, bias = true, centred = true): ModelSpec =>
      around(opset, [2, 4, 24], (g, x) => {
        const scaled = g.node("Mul", [x, g.scalar(40)]);
        const d = centred ? g.node("Sub", [scaled, g.reduce("ReduceMean", scaled, [-1])]) : scaled;
        const variance = g.reduce("ReduceMean", g.node("Pow", [d, g.scalar(2)]), [-1]);
        const y = g.node("Div", [d, g.node("Sqrt", [g.node("Add", [variance, g.scalar(1e-5)])])]);
        return g.affine(y, g.tensor(positive(24, 1)), bias ? g.tensor(gaussian(24, 2)) : undefined);
      });
    const inputs = input(gaussian(192, 3), shape);
    const on = async (spec: ModelSpec, target: DiagnoseModelOptions["target"]) => {
      const found = await run(spec, { inputs, target, effect: false });
      const last = found.layers[0].kernels[4];
      expect(found.runtime).toBe(target);
      expect(found.notes.some((note) => note.startsWith(`${target}: `))).toBe(true);
      expect(found.keep[target as string].length).toBe(last.verdict === "failed" ? found.layers[0].nodes.length : 0);
      return [last.name, last.verdict];
    };
    expect(await on(layer(40), "onnxruntime-web-webgpu")).toEqual(["onnxruntime-web/webgpu LayerNormalization", "ok"]);
    const fused = ["onnxruntime-web/webgpu LayerNormalization", "ok"];
    const apart = ["onnxruntime-web/webgpu ReduceMean", "failed"];
    expect(await on(written(17), "onnxruntime-web-webgpu")).toEqual(fused);
    expect(await on(written(16), "onnxruntime-web-webgpu")).toEqual(apart);
    // what is fused has a weight and a bias; an RMS norm never is
    expect(await on(written(17, false), "onnxruntime-web-webgpu")).toEqual(apart);
    expect(await on(written(17, false, false), "onnxruntime-web-webgpu")).toEqual(apart);
    expect(await on(written(17), "onnxruntime-web-jsep")).toEqual(["onnxruntime-web/jsep LayerNormalization", "ok"]);
    expect(await on(written(11), "onnxruntime-web-jsep")).toEqual(["onnxruntime-web/jsep ReduceMean", "ok"]);
    expect(await on(written(11), "onnxruntime-cuda")).toEqual(["onnxruntime/cuda LayerNormalization", "ok"]);
    expect(await on(written(11, false, false), "onnxruntime-cuda")).toEqual([
      "onnxruntime/cuda SimplifiedLayerNormalization",
      "ok",
    ]);
    expect((await on(written(20), "tensorrt"))[0]).toBe("float16 sums");
    expect(await on(written(11), "onnxruntime-cpu")).toEqual(["onnxruntime/cpu", "ok"]);
    expect(Object.keys(kernels)).toContain("onnxruntime/cpu");
  });
});

describe("several layers", () => {
  const spec = transformer(17, false, 400);
  const inputs = input(gaussian(2 * 7 * 32, 5), [2, 7, 32]);

  it("are replaced one by one where something is wrong, and all at once", async () => {
    const found = await run(spec, { inputs });
    expect(found.layers.length).toBe(3);
    const [first, second, third] = found.layers.map(({ kernels: all }) => all[0]);
    expect([first.verdict, second.verdict, third.verdict]).toEqual(["failed", "ok", "ok"]);
    expect(first.effect?.[0].maxAbs).toBeGreaterThan(0.1);
    expect(second.effect).toBeUndefined();
    expect(found.effect?.["float16 sums"][0].maxAbs).toBeGreaterThan(0.1);
    expect(found.effect?.float32[0].maxAbs).toBeLessThan(0.1);
    expect(found.keep["float16 sums"]).toEqual(found.layers[0].nodes);
  });

  it("are all replaced when that is asked for, or none", async () => {
    const all = await run(spec, { inputs, effect: "all" });
    expect(all.layers.length).toBe(3);
    for (const { kernels: each } of all.layers) for (const { effect } of each) expect(effect?.length).toBe(1);
    const none = await run(spec, { inputs, effect: false });
    expect(none.effect).toBeUndefined();
    for (const { kernels: each } of none.layers) for (const { effect } of each) expect(effect).toBeUndefined();
    const without = (found: ModelDiagnosis) =>
      found.layers.map(({ kernels: each }) => each.map(({ effect, ...rest }) => rest));
    expect(without(all)).toEqual(without(none));
  });

  it("are picked by name", async () => {
    const all = await run(spec, { inputs, effect: false });
    const [, { name }] = all.layers;
    const one = await run(spec, { inputs, effect: false, layers: [name] });
    expect(one.layers).toEqual([all.layers[1]]);
    expect((await run(spec, { inputs, effect: false, layers: () => false })).layers).toEqual([]);
  });

  it("have the same verdicts as operators", async () => {
    const written = await run(spec, { inputs, effect: false });
    const operators = await run(transformer(17, true, 400), { inputs, effect: false });
    expect(operators.layers.length).toBe(3);
    expect(verdicts(operators)).toEqual(verdicts(written));
  });
});

describe("what the format cannot hold", () => {
  it("is named with its node", async () => {
    const spec = around(17, [2, 4, 24], (g, x) => {
      const large = g.node("Mul", [x, g.scalar(1e6)]);
      const small = g.node("Mul", [x, g.scalar(1e-9)]);
      return g.node("Add", [g.node("Mul", [large, g.scalar(1e-6)]), small]);
    });
    const x = gaussian(192, 3);
    const found = await run(spec, { inputs: input(x, shape) });
    expect(found.layers).toEqual([]);
    const by = new Map(found.ranges.map((range) => [range.tensor, range]));
    const large = by.get("Mul_3_out");
    expect(large?.node).toBe("Mul_3");
    const overflows = (each: number) => Math.abs(Math.fround(Math.fround(each * 1.5) * 1e6)) >= 65520;
    expect(large?.overflow).toBe(x.filter(overflows).length);
    expect(by.get("Mul_5_out")).toMatchObject({ overflow: 0, subnormal: 0, underflow: 192 });
    expect(by.get("constant_2")).toMatchObject({ node: "", overflow: 1, maxAbs: 1e6 });
    expect(found.ranges[0].tensor).toBe("Mul_3_out");
    const wide = await run(spec, { inputs: input(x, shape), format: "bfloat16" });
    expect(wide.ranges).toEqual([]);
    expect(wide.format).toBe("bfloat16");
  });
});

it("constants in nodes are held against the format, too", async () => {
  const spec = around(17, [2, 4, 24], (g, x) => {
    const masked = g.node("Add", [x, g.constant(-3e38)]);
    return g.node("Where", [g.node("Less", [x, g.node("Constant", [], { value_float: { float: 1e-9 } })]), masked, x]);
  });
  const { ranges } = await run(spec, { random: 1 });
  expect(
    ranges
      .filter(({ node }) => node.startsWith("Constant"))
      .map(({ maxAbs, overflow, underflow }) => [maxAbs, overflow, underflow]),
  ).toEqual([
    [Math.fround(3e38), 1, 0],
    [Math.fround(1e-9), 0, 1],
  ]);
});

describe("what cannot be reached", () => {
  const inner: ModelSpec = {
    opset: 17,
    inputs: { x: { dims: [2, 4, 24] } },
    outputs: { y: {} },
    initializers: {
      yes: { dims: [], data: [1] },
      zero: { dims: [], data: [0] },
      w: { dims: [24], data: positive(24, 1) },
    },
    nodes: [
      { op: "Greater", inputs: ["yes", "zero"], outputs: ["chosen"], name: "choice" },
      {
        op: "If",
        inputs: ["chosen"],
        outputs: ["y"],
        name: "either",
        attributes: {
          then_branch: {
            graph: {
              nodes: [{ op: "LayerNormalization", inputs: ["x", "w"], outputs: ["a"], name: "inside" }],
              outputs: { a: {} },
            },
          },
          else_branch: { graph: { nodes: [{ op: "Identity", inputs: ["x"], outputs: ["b"] }], outputs: { b: {} } } },
        },
      },
    ],
  };

  it("is listed with the reason", async () => {
    const found = await run(inner, { inputs: input(gaussian(192, 3), shape) });
    expect(found.layers).toEqual([]);
    expect(found.notReached).toEqual([
      { name: "inside", why: "is inside of a graph of If either, which is run as a whole" },
    ]);
  });

  it("is one of training, too, and one of a constant", async () => {
    const g = new GraphBuilder(15);
    const four = (seed: number): string => g.tensor(positive(4, seed));
    g.nodes.push({
      op: "BatchNormalization",
      inputs: ["x", four(1), four(2), four(3), four(4)],
      outputs: ["y", "mean", "var"],
      name: "learning",
      attributes: { training_mode: 1 },
    });
    const constant = g.node("LpNormalization", [four(5)]);
    g.nodes.push({ op: "Add", inputs: [constant, constant], outputs: ["z"], name: "sum" });
    const spec: ModelSpec = {
      opset: 15,
      nodes: g.nodes,
      initializers: g.initializers,
      inputs: { x: { dims: [2, 4, 24] } },
      outputs: { y: {}, z: {} },
    };
    const found = await run(spec, { inputs: input(gaussian(192, 3), shape) });
    expect(found.notReached.map(({ name }) => name)).toEqual(["learning", "LpNormalization_5"]);
  });
});

describe("inputs", () => {
  const bytes = modelBytes(layer(1));
  const refused = (
    options: Partial<DiagnoseModelOptions>,
    message: RegExp,
    Kind: new (...args: never[]) => Error = RangeError,
  ) =>
    expect(diagnoseModel(bytes, { runtime: ort, ...options })).rejects.toThrow(
      expect.objectContaining({ constructor: Kind, message: expect.stringMatching(message) }),
    );

  it("are held against what the model wants", async () => {
    const wants = /the model wants x: float32 \[b, 4, 24\]$/;
    await refused({ inputs: { z: { data: new Float32Array(192), shape } } }, /^there is no input "z": /);
    await refused({ inputs: { z: { data: new Float32Array(192), shape } } }, wants);
    await refused({ inputs: {} }, wants);
    await refused({ inputs: input(new Float32Array(96), [4, 24]) }, /^"x" is of shape \[4,24\]: the model wants/);
    await refused({ inputs: input(new Float32Array(5), shape) }, /^"x" has 5 elements, and shape \[2,4,24\]$/);
    await refused({ inputs: { x: any({ data: "no", shape }) } }, /"x.data" must be a typed array/, TypeError);
    await refused({ inputs: { x: any(null) } }, /"x" must be/, TypeError);
    await refused({}, /"inputs" or "random" must be given/, TypeError);
    await refused({ random: -1 }, /"random" must be an integer/);
    await refused({ random: 1, target: "onnxruntime-cpu", format: "bfloat16" }, /"target" is for "format" "float16"/);
    await refused({ random: 1, target: any("none") }, /"target" must be one of "onnxruntime-web-webgpu"/);
    await refused({ random: 1, effect: any("some") }, /"effect" must be true, false or "all"/);
    await refused({ random: 1, runtime: any({}) }, /"runtime" must be the module/, TypeError);
    await refused({ random: 1, layers: any("x") }, /"layers" must be an array of names or a function/, TypeError);
    await refused({ random: 1, ...any({ effects: 1 }) }, /unknown option "effects"/, TypeError);
  });

  it("are made at random, the same each time, which is said", async () => {
    const first = await run(layer(1), { random: 2 });
    expect(first.runs).toEqual([{ source: "random, seed 0" }, { source: "random, seed 1" }]);
    expect(first.layers[0].shape).toEqual([1, 4, 24]);
    expect(first.notes[0]).toMatch(/^Inputs were made at random/);
    expect(await run(layer(1), { random: 2 })).toEqual(first);
  });

  it("are integers where the model wants them", async () => {
    const spec = tokens();
    const found = await run(spec, { inputs: { ids: { data: [1, 2, 3], shape: [1, 3] } } });
    expect(found.layers[0].shape).toEqual([1, 3, 16]);
    await expect(run(spec, { inputs: { ids: { data: [1, 2.5, 3], shape: [1, 3] } } })).rejects.toThrow(
      '"ids" has 2.5 at 1',
    );
    expect((await run(spec, { random: 1 })).layers[0].shape).toEqual([1, 16, 16]);
    await expect(run(spec, { inputs: { ids: { data: [1, 99], shape: [1, 2] } } })).rejects.toBeInstanceOf(ModelError);
  });
});

describe("constants", () => {
  it("may be in another file, which has to be given", async () => {
    const weights = gaussian(24, 7);
    const spec = around(17, [2, 4, 24], (g, x) => {
      const where = g.tensor(weights, [24], { location: "weights.bin", offset: 8, length: 96 });
      return g.node("LayerNormalization", [x, where], { axis: -1 });
    });
    const inputs = input(gaussian(192, 3), shape);
    await expect(run(spec, { inputs })).rejects.toThrow('in another file, "weights.bin": "externalData" is not given');
    const asked: unknown[] = [];
    const found = await run(spec, {
      inputs,
      externalData: (...args) => {
        asked.push(args);
        return new Uint8Array(weights.slice().buffer);
      },
    });
    expect(asked[0]).toEqual(["weights.bin", 8, 96]);
    const inlined = around(17, [2, 4, 24], (g, x) =>
      g.node("LayerNormalization", [x, g.tensor(weights, [24])], { axis: -1 }),
    );
    expect(found).toEqual(await run(inlined, { inputs }));
    await expect(run(spec, { inputs, externalData: () => new Uint8Array(8) })).rejects.toBeInstanceOf(ModelError);
  });

  it("may be written in any way, and computed of others", async () => {
    const inputs = input(gaussian(192, 3), shape);
    const weights = positive(24, 7);
    const of = (write: (g: GraphBuilder) => string) =>
      run(
        around(17, [2, 4, 24], (g, x) => g.node("LayerNormalization", [x, write(g)], { axis: -1 })),
        { inputs, effect: false },
      );
    const facts = ({ layers }: ModelDiagnosis) => layers.map(({ kernels: each }) => each);
    const plain = facts(await of((g) => g.tensor(weights)));
    expect(facts(await of((g) => g.tensor(weights, [24], "values")))).toEqual(plain);
    expect(facts(await of((g) => g.node("Identity", [g.tensor(weights)])))).toEqual(plain);
    const halved = (g: GraphBuilder): string =>
      g.node("Add", [g.tensor(weights.map((w) => w / 2)), g.tensor(weights.map((w) => w / 2))]);
    expect(facts(await of(halved))).toEqual(plain);
  });
});
