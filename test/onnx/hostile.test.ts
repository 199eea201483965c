/** Files that are no models, or bad ones: an error that says so, soon and with little memory. */

import fc from "fast-check";
import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { findNormalizations } from "../../src/onnx/find.js";
import { graphOf } from "../../src/onnx/graph.js";
import { diagnoseModel, ModelError } from "../../src/onnx/index.js";
import { readModel } from "../../src/onnx/proto.js";
import { WRITTEN } from "../support/onnx-cases.js";
import { around } from "../support/onnx-graph.js";
import { type ModelSpec, modelBytes } from "../support/onnx-model.js";
import { transformer } from "../support/onnx-networks.js";
import { seconds } from "../support/seconds.js";

const read = (bytes: Uint8Array) => diagnoseModel(bytes, { runtime: ort, random: 1, effect: false });
const refused = (bytes: Uint8Array, message: RegExp) =>
  expect(read(bytes)).rejects.toThrow(
    expect.objectContaining({ constructor: ModelError, message: expect.stringMatching(message) }),
  );

const chain = (n: number): ModelSpec => ({
  opset: 17,
  nodes: Array.from({ length: n }, (_, i) => ({
    op: "Identity",
    inputs: [i ? `t${i}` : "x"],
    outputs: [`t${i + 1}`],
    name: `n${i}`,
  })),
  inputs: { x: { dims: [2] } },
  outputs: { [`t${n}`]: {} },
});

describe("a file", () => {
  it("that is none is told so", async () => {
    await refused(new Uint8Array(), /^is no ONNX model: there is no graph in it$/);
    await refused(Buffer.from("<!doctype html><p>Sign in"), /^is no ONNX model/);
    await refused(new Uint8Array(1000).fill(255), /^is no ONNX model/);
    await expect(diagnoseModel("model.onnx" as unknown as Uint8Array, { runtime: ort, random: 1 })).rejects.toThrow(
      '"bytes" must be a Uint8Array',
    );
  });

  it("that is cut off is refused, wherever", async () => {
    const bytes = modelBytes(transformer(17, false));
    for (let i = 0; i < 40; i++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * i) / 40));
      await expect(read(cut)).rejects.toBeInstanceOf(ModelError);
    }
  });

  it("with changed bytes is a model or an error of ours", async () => {
    const bytes = modelBytes(around(17, [1, 2, 8], (g, x) => WRITTEN[0].write(g, x, 8)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const changed = bytes.slice();
          for (const [at, to] of changes) changed[at] = to;
          try {
            await read(changed);
          } catch (error) {
            expect([ModelError, RangeError]).toContain((error as Error).constructor);
            expect((error as Error).message).not.toMatch(/Maximum call stack|Invalid typed array|out of bounds/);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("a graph", () => {
  it("that runs in a circle is refused", async () => {
    const spec: ModelSpec = {
      opset: 17,
      nodes: [
        { op: "Add", inputs: ["x", "b"], outputs: ["a"], name: "one" },
        { op: "Neg", inputs: ["a"], outputs: ["b"], name: "two" },
      ],
      inputs: { x: { dims: [2] } },
      outputs: { b: {} },
    };
    await refused(modelBytes(spec), /^is no valid model: node "one" takes what is made of its own output$/);
    const twice = {
      ...spec,
      nodes: [
        { op: "Neg", inputs: ["x"], outputs: ["b"] },
        { op: "Abs", inputs: ["x"], outputs: ["b"] },
      ],
    };
    await refused(modelBytes(twice), /two nodes make the tensor "b"/);
    await refused(
      modelBytes({ ...spec, nodes: [{ op: "Neg", inputs: ["c"], outputs: ["b"] }] }),
      /nothing makes the tensor "c"/,
    );
    await refused(
      modelBytes({ ...spec, nodes: [{ op: "Neg", inputs: ["x"], outputs: ["x"] }], outputs: { x: {} } }),
      /a node makes the input "x"/,
    );
    await refused(modelBytes({ ...spec, nodes: [] }), /nothing makes its output "b"/);
  });

  it("with an operator that nobody knows is refused by name", async () => {
    const spec: ModelSpec = {
      ...chain(1),
      nodes: [{ op: "Frobnicate", inputs: ["x"], outputs: ["t1"], name: "what" }],
    };
    await refused(modelBytes(spec), /^is refused by onnxruntime, at what: /);
  });

  it("inside of a graph, and so on, is refused", async () => {
    let spec: ModelSpec = chain(1);
    for (let i = 0; i < 80; i++) {
      const { nodes, outputs } = spec;
      spec = {
        ...chain(1),
        nodes: [
          { op: "If", inputs: ["x"], outputs: ["t1"], attributes: { then_branch: { graph: { nodes, outputs } } } },
        ],
      };
    }
    await refused(modelBytes(spec), /more than 64 graphs, each inside of the one before/);
  });

  it("of 100,000 nodes is read, and one of thousands is run", async () => {
    const graph = graphOf(readModel(modelBytes(chain(100_000))).graph);
    expect(graph.nodes.length).toBe(100_000);
    expect(findNormalizations(graph, [], () => new Uint8Array()).found).toEqual([]);
    expect((await read(modelBytes(chain(2000)))).layers).toEqual([]);
  }, 60_000);

  it("with thousands of graphs in it, each of which looks around, is read soon", () => {
    const count = 10_000;
    const inner = { nodes: [{ op: "ReduceMean", inputs: ["t1"], outputs: ["m"] }], outputs: { m: {} } };
    const { nodes, initializers = {}, ...rest } = chain(count);
    const spec: ModelSpec = {
      ...rest,
      nodes: [
        ...nodes,
        ...nodes.map((_, i) => ({
          op: "If",
          inputs: ["w0"],
          outputs: [`y${i}`],
          attributes: { then_branch: { graph: inner } },
        })),
      ],
      initializers: {
        ...initializers,
        ...Object.fromEntries(nodes.map((_, i) => [`w${i}`, { dims: [1], data: [1] }])),
      },
    };
    const bytes = modelBytes(spec);
    const taken = seconds(() => {
      const graph = graphOf(readModel(bytes).graph);
      expect(findNormalizations(graph, [], () => new Uint8Array()).found).toEqual([]);
    });
    expect(taken).toBeLessThan(4);
  });

  it("with dims that no memory has is refused", async () => {
    const spec: ModelSpec = {
      ...chain(1),
      nodes: [{ op: "Add", inputs: ["x", "w"], outputs: ["t1"], name: "sum" }],
      initializers: { w: { dims: [2 ** 40, 2 ** 40], data: [1] } },
    };
    await expect(read(modelBytes(spec))).rejects.toBeInstanceOf(ModelError);
    await expect(read(modelBytes({ ...chain(1), inputs: { x: { dims: [2 ** 33] } } }))).rejects.toThrow(
      /is too large to be made at random/,
    );
  });
});
