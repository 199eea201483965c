/** Models as they come, and runtimes that are not as they should be: inner graphs, functions, sequences, layers of which nothing can be told. */

import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { diagnoseModel, type ModelDiagnosis, ModelError } from "../../src/onnx/index.js";
import type { DiagnoseModelOptions } from "../../src/onnx/options.js";
import { around, GraphBuilder, positive } from "../support/onnx-graph.js";
import { type ModelSpec, modelBytes, type NodeSpec } from "../support/onnx-model.js";
import { any } from "../support/refuses.js";

const run = (spec: ModelSpec, options: Partial<DiagnoseModelOptions> = {}): Promise<ModelDiagnosis> =>
  diagnoseModel(modelBytes(spec), { runtime: ort, random: 1, ...options });

const norm = (g: GraphBuilder, x: string): string => g.node("LayerNormalization", [x, g.tensor(positive(24, 1))]);

const model = (g: GraphBuilder, outputs: readonly string[]): ModelSpec => ({
  opset: g.opset,
  nodes: g.nodes,
  initializers: g.initializers,
  inputs: { x: { dims: [2, 24] } },
  outputs: Object.fromEntries(outputs.map((name) => [name, {}])),
});

const verdicts = ({ layers }: ModelDiagnosis) => layers.map(({ kernels }) => kernels[0].verdict);

describe("a layer", () => {
  it("of which nothing can be told is listed, and the others are judged", async () => {
    const g = new GraphBuilder(17);
    const weight = g.tensor(positive(24, 1));
    const negative = g.node("LayerNormalization", ["x", weight], { epsilon: { float: -1e-9 } });
    const large = g.node("Reshape", ["x", g.integers([1, 1, 1, 1, 1, 1, 1, 2, 24])]);
    const many = norm(g, large);
    const found = await run(model(g, [negative, many, norm(g, "x")]));
    expect(verdicts(found)).toEqual(["ok"]);
    expect(found.notReached.map(({ why }) => why)).toEqual([
      expect.stringMatching(/^cannot be diagnosed: "eps" must be a finite number of at least 0/),
      expect.stringMatching(/^cannot be diagnosed: "x.shape" must be a shape of at most 8 dimensions/),
    ]);
  });

  it("is told from what the model computes, where the squares are multiplied", async () => {
    const by = (factor: number) =>
      run(
        around(17, [2, 4, 24], (g, x) => {
          const d = g.node("Sub", [x, g.reduce("ReduceMean", x, [-1])]);
          const variance = g.reduce("ReduceMean", g.node("Mul", [d, d]), [-1]);
          return g.node("Div", [d, g.node("Sqrt", [g.node("Mul", [variance, g.scalar(factor)])])]);
        }),
      );
    for (const factor of [0.25, 24 / 23, 9]) {
      const { layers } = await by(factor);
      expect(layers[0].note).toMatch(/times the mean of the squares, which was put into the weight$/);
      // the output is replaced by one of the same size
      expect(layers[0].kernels[3].effect?.[0].maxRel).toBeLessThan(0.002);
    }
  });
});

describe("what is written like a layer", () => {
  it("and gives something else is none", async () => {
    // of squares, what is told of a row may be put beside the columns
    const by = (axis: number) =>
      run(
        around(17, [4, 4], (g, x) => {
          const rows = g.node("Mul", [x, g.tensor([1, 10, 100, 1000], [4, 1])]);
          const mean = g.node("ReduceMean", [g.node("Mul", [rows, rows])], { axes: [-1], keepdims: 0 });
          return g.node("Div", [rows, g.node("Sqrt", [g.node("Unsqueeze", [mean, g.integers([axis])])])]);
        }),
      );
    expect((await by(1)).layers.length).toBe(1);
    const { layers, notReached } = await by(0);
    expect(layers).toEqual([]);
    expect(notReached).toEqual([
      { name: expect.stringMatching(/^Div_/), why: "is written like a normalization, and gives something else" },
    ]);
  });
});

describe("an inner graph", () => {
  const g = new GraphBuilder(13);
  const d = g.node("Sub", ["h", g.reduce("ReduceMean", "h", [-1])]);
  const squares = g.reduce("ReduceMean", g.node("Pow", [d, "two"]), [-1]);
  const out = g.node("Div", [d, g.node("Sqrt", [g.node("Add", [squares, "eps"])])]);
  const nodes: NodeSpec[] = [
    { op: "Neg", inputs: ["x"], outputs: ["h"] },
    { op: "ReduceMax", inputs: ["x"], outputs: ["m"], attributes: { keepdims: 0 } },
    { op: "Greater", inputs: ["m", "eps"], outputs: ["c"] },
  ];
  const either: NodeSpec = {
    op: "If",
    inputs: ["c"],
    outputs: ["y"],
    name: "either",
    attributes: {
      then_branch: { graph: { nodes: g.nodes, outputs: { [out]: {} } } },
      else_branch: { graph: { nodes: [{ op: "Abs", inputs: ["h"], outputs: ["b"] }], outputs: { b: {} } } },
    },
  };
  const spec: ModelSpec = {
    opset: 13,
    nodes: [...nodes, either],
    initializers: { two: { dims: [], data: [2] }, eps: { dims: [], data: [1e-5] }, ...g.initializers },
    inputs: { x: { dims: [2, 24] } },
    outputs: { y: {} },
  };

  it("has what is written out in it listed, by constants from around it", async () => {
    const found = await run(spec);
    expect(found.layers).toEqual([]);
    expect(found.notReached).toEqual([
      { name: expect.stringMatching(/^Div_/), why: "is inside of a graph of If either, which is run as a whole" },
    ]);
  });

  it("is given what a replaced layer makes", async () => {
    const outer = new GraphBuilder(17);
    const y = norm(outer, "x");
    outer.nodes.push(
      { op: "ReduceMax", inputs: ["x"], outputs: ["m"], attributes: { keepdims: 0 } },
      { op: "Greater", inputs: ["m", outer.scalar(-1e9)], outputs: ["c"] },
      {
        ...either,
        attributes: {
          then_branch: { graph: { nodes: [{ op: "Add", inputs: [y, y], outputs: ["a"] }], outputs: { a: {} } } },
          else_branch: { graph: { nodes: [{ op: "Abs", inputs: [y], outputs: ["b"] }], outputs: { b: {} } } },
        },
      },
    );
    const effects = (found: ModelDiagnosis) => found.layers[0].kernels.map(({ effect }) => effect?.[0].maxAbs);
    const plain = new GraphBuilder(17);
    const same = norm(plain, "x");
    const once = effects(await run(model(plain, [same])));
    expect(effects(await run(model(outer, ["y"])))).toEqual(once.map((size) => 2 * (size as number)));
  });
});

describe("a function of the model", () => {
  it("is run as a whole, and what is in it is listed", async () => {
    const g = new GraphBuilder(17);
    const y = g.node("Normalize", ["x", g.tensor(positive(24, 1))], {}, "own");
    const nodes: NodeSpec[] = [{ op: "LayerNormalization", inputs: ["a", "w"], outputs: ["b"], name: "within" }];
    const found = await run({
      ...model(g, [norm(g, y)]),
      domains: { own: 1 },
      functions: [{ name: "Normalize", domain: "own", inputs: ["a", "w"], outputs: ["b"], nodes }],
    });
    expect(verdicts(found)).toEqual(["ok"]);
    expect(found.notReached).toEqual([
      { name: "within", why: "is inside of the model's function Normalize, which is run as a whole" },
    ]);
  });
});

describe("sequences", () => {
  it("go through copies and inner graphs, before and behind a layer", async () => {
    const g = new GraphBuilder(17);
    const before = g.node("Identity", [g.node("SplitToSequence", ["x"], { axis: 0 })]);
    const y = norm(g, g.node("ConcatFromSequence", [before], { axis: 0 }));
    const behind = g.node("Identity", [g.node("SequenceConstruct", [y, y])]);
    const found = await run(model(g, [g.node("ConcatFromSequence", [behind], { axis: 0 })]));
    expect(verdicts(found)).toEqual(["ok"]);
    expect(found.effect?.["float16 sums"].length).toBe(1);
  });

  it("around a layer are told of", async () => {
    const g = new GraphBuilder(17);
    const before = g.node("Identity", [g.node("SequenceConstruct", ["x"])]);
    const all = g.node("SequenceInsert", [before, norm(g, "x")]);
    await expect(run(model(g, [g.node("ConcatFromSequence", [all], { axis: 0 })]))).rejects.toThrow(
      /^cannot be run layer by layer: "(?:SequenceConstruct|Identity)_\d_out" is no tensor, and is taken behind/,
    );
  });
});

describe("a runtime", () => {
  const spec = around(17, [2, 4, 24], norm);
  const runtime = (create: unknown) => any({ Tensor: ort.Tensor, InferenceSession: { create } });
  const gives = (tensor: unknown) =>
    runtime(async () => ({
      run: async (_: unknown, names: string[]) => Object.fromEntries(names.map((n) => [n, tensor])),
    }));

  it("that does not do what it should is an error that says so", async () => {
    const float32 = { type: "float32", dims: [2, 4, 24] };
    for (const bad of [
      runtime(async () => undefined),
      runtime(() => {
        throw new Error("no");
      }),
      runtime(() => Promise.reject("no")),
      runtime(async () => ({ run: async () => undefined })),
      runtime(async () => ({ run: async () => ({}) })),
      gives(undefined),
      gives({ ...float32, data: "text" }),
      gives({ ...float32, data: new Float32Array(3) }),
      gives({ type: "float32", data: new Float32Array(192) }),
    ]) {
      await expect(run(spec, { runtime: bad })).rejects.toBeInstanceOf(ModelError);
    }
    await expect(run(spec, { runtime: any({ Tensor: 3, InferenceSession: {} }) })).rejects.toThrow(
      /^"runtime" must be/,
    );
  });

  it("that cannot end its sessions has run them all the same", async () => {
    const found = await run(spec, {
      runtime: runtime(async (...args: [Uint8Array]) => {
        const session = await ort.InferenceSession.create(...args);
        const release = async () => Promise.reject(new Error("no"));
        return { run: (...own: Parameters<typeof session.run>) => session.run(...own), release };
      }),
    });
    expect(found.layers.length).toBe(1);
  });

  it("and a model say what they say in few words", async () => {
    const long = "n".repeat(1e6);
    const messages = await Promise.all(
      [
        run({ ...spec, nodes: [{ op: `F${long}`, inputs: ["x"], outputs: ["y"], name: long }] }),
        run(
          { ...spec, inputs: { [long]: { dims: [long] } }, nodes: [{ op: "Neg", inputs: [long], outputs: ["y"] }] },
          {
            inputs: {},
          },
        ),
        run({ ...spec, nodes: [{ op: "Neg", inputs: [long], outputs: ["y"] }] }),
      ].map((found) => found.then(String, (error) => error.message)),
    );
    for (const message of messages) expect(message.length).toBeLessThan(700);
    const g = new GraphBuilder(17);
    const far = g.node("Gather", [g.tensor(positive(24, 1)), g.integers([99])]);
    await expect(run(model(g, [g.node("LayerNormalization", ["x", far])]))).rejects.toThrow(
      /^has weights that cannot be computed, "Gather_2_out": /,
    );
  });
});

it("a model in float32 is what it is compared with, and no format to convert to", async () => {
  await expect(run(around(17, [2, 4, 24], norm), { format: any("float32") })).rejects.toThrow(
    /^"format" must be one of "float16", /,
  );
});
