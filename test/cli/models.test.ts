/** `halfnorm diagnose MODEL.onnx`: what it prints and writes, and what it refuses. */

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { halfnorm, halfnormHere, refusal } from "../support/cli.js";
import { around, positive } from "../support/onnx-graph.js";
import { modelBytes } from "../support/onnx-model.js";
import { tokens, transformer } from "../support/onnx-networks.js";
import { gaussian } from "../support/random.js";
import { HOSTILE_NAMES, repeatedSentences } from "../support/report.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const npz = (name: string, tensors: Record<string, Buffer>): string =>
  write(name, zipBytes(Object.entries(tensors).map(([tensor, data]) => ({ name: `${tensor}.npy`, content: data }))));
const npy = (type: string, shape: readonly number[], data: ArrayBufferView): Buffer =>
  npyBytes({ header: npyHeader(type, shape), data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) });

const MODEL = write("block.onnx", modelBytes(transformer(17, false, 60)));
const CALM = write("calm.onnx", modelBytes(transformer(17, true)));
const RUN = npz("run.npz", { x: npy("<f4", [2, 7, 32], gaussian(448, 5)) });
const diagnose = (...args: string[]) => halfnormHere(["diagnose", ...args], 120);

describe("a model", () => {
  it("is shown as a table with a sentence on top", async () => {
    const args = ["diagnose", MODEL, "--input", RUN];
    const { code, stdout, stderr } = await halfnorm(args, undefined, { COLUMNS: "120" });
    expect([code, stderr]).toEqual([0, ""]);
    expect(await halfnormHere(args, 120)).toEqual({ code, stdout, stderr });
    expect(stdout).toMatch(
      /^1 of 3 normalizations fails with float16 sums, none with float32 sums; keep its 9 nodes in float32/,
    );
    expect(stdout).toMatch(/^Add_\d+ +failed +ok +ok +ok/m);
    expect(stdout).toMatch(/Keep in float32: ReduceMean_\d+, Sub_\d+/);
    expect(stdout).toContain("All layers with float16 sums: changes output logits by");
    const calm = await diagnose(CALM, "--input", RUN, "--fail-on", "failed");
    expect(calm.stdout).toMatch(/^None of 3 normalizations fails with float16 sums: keep nothing in float32\./);
    expect(calm.code).toBe(0);
    expect((await diagnose(MODEL, "--input", RUN, "--fail-on", "failed", "--effect", "none")).code).toBe(1);
  });

  it("gives JSON, a list and a report, and writes over no other file", async () => {
    const [list, report] = [path("keep.json"), path("model.html")];
    const { stdout } = await diagnose(MODEL, "--input", RUN, "--json", "--keep", list, "--html", report);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      schema: "halfnorm.cli.model/1",
      model: MODEL,
      format: "float16",
      runs: [{ source: RUN }],
    });
    expect(JSON.parse(readFileSync(list, "utf8"))).toEqual({ node_block_list: found.keep["float16 sums"] });
    expect(found.keep["float16 sums"].length).toBe(9);
    const { document } = parseHTML(readFileSync(report, "utf8"));
    expect(document.querySelectorAll("section").length).toBeGreaterThan(3);
    expect(document.querySelectorAll("svg.plot").length).toBe(2);
    for (const part of document.querySelectorAll("section")) expect(repeatedSentences(part)).toEqual([]);
    // both are ours: a second run may replace them
    expect((await diagnose(CALM, "--input", RUN, "--keep", list, "--html", report)).code).toBe(0);
    expect(JSON.parse(readFileSync(list, "utf8"))).toEqual({ node_block_list: [] });
    const own = write("own.json", Buffer.from('{"mine": 1}'));
    expect(refusal(await diagnose(MODEL, "--input", RUN, "--keep", own))).toContain(
      "exists and is no list of halfnorm",
    );
    expect(refusal(await diagnose(MODEL, "--input", RUN, "--keep", RUN))).toContain("is what is read");
    expect(refusal(await diagnose(MODEL, "--input", RUN, "--keep", "-"))).toContain(
      '--keep must be the name of a file, got "-"',
    );
    expect(readFileSync(own, "utf8")).toBe('{"mine": 1}');
  });

  it("is judged by the kernels of a runtime, and by names of layers", async () => {
    const json = async (...args: string[]) =>
      JSON.parse((await diagnose(MODEL, "--input", RUN, "--json", "--effect", "none", ...args)).stdout);
    const found = await json("--runtime", "onnxruntime-cpu");
    expect(found.runtime).toBe("onnxruntime-cpu");
    expect(found.keep["onnxruntime-cpu"]).toEqual([]);
    const [{ name }] = found.layers;
    expect(
      (await json("--layers", `${name.slice(0, -1)}?`)).layers.map((layer: { name: string }) => layer.name),
    ).toContain(name);
    expect((await json("--layers", "no*")).layers).toEqual([]);
    const wide = await json("--format", "bfloat16");
    expect(Object.keys(wide.keep)).toEqual(["bfloat16 sums", "float32 sums", "float32 statistics", "float32"]);
    expect((await diagnose(MODEL, "--input", RUN, "--runtime", "onnxruntime-cpu", "--fail-on", "degraded")).code).toBe(
      0,
    );
  });

  it("is run on several files, and on random inputs, which is said", async () => {
    const other = write(
      "run.safetensors",
      safetensorsBytes(
        { x: { dtype: "F32", shape: [1, 3, 32], data_offsets: [0, 384] } },
        Buffer.from(gaussian(96, 6).buffer),
      ),
    );
    const { stdout } = await diagnose(
      MODEL,
      "--input",
      RUN,
      "--input",
      other,
      "--random",
      "1",
      "--json",
      "--effect",
      "none",
    );
    const { runs, layers, notes } = JSON.parse(stdout);
    expect(runs.map(({ source }: { source: string }) => source)).toEqual([RUN, other, "random, seed 0"]);
    expect(layers[0].count).toBe(448 + 96 + 16 * 32);
    expect(notes[0]).toMatch(/^Inputs were made at random/);
  });

  it("takes integers from files", async () => {
    const spec = tokens();
    const model = write("ids.onnx", modelBytes(spec));
    const ids = npz("ids.npz", { ids: npy("<i8", [1, 3], BigInt64Array.of(1n, 2n, 3n)) });
    const { stdout } = await diagnose(model, "--input", ids, "--json");
    expect(JSON.parse(stdout).layers[0].shape).toEqual([1, 3, 16]);
    const raw = Buffer.from(BigInt64Array.of(1n, 2n, 3n).buffer);
    const tensors = write(
      "ids.safetensors",
      safetensorsBytes({ ids: { dtype: "I64", shape: [1, 3], data_offsets: [0, 24] } }, raw),
    );
    expect(JSON.parse((await diagnose(model, "--input", tensors, "--json")).stdout).layers).toEqual(
      JSON.parse(stdout).layers,
    );
    const large = npz("large.npz", { ids: npy("<i8", [1, 1], BigInt64Array.of(2n ** 53n + 1n)) });
    expect(refusal(await diagnose(model, "--input", large))).toContain("integers beyond 2^24");
    const text = npz("text.npz", { ids: npyBytes({ header: npyHeader("<U3", [1]), data: Buffer.alloc(12) }) });
    expect(refusal(await diagnose(model, "--input", text))).toContain('tensor "ids" cannot be given to a model');
  });

  it("takes tensors from files beside it, and from nowhere else", async () => {
    const weights = positive(24, 7);
    const spec = (location: string) =>
      modelBytes(
        around(17, [2, 4, 24], (g, x) =>
          g.node("LayerNormalization", [x, g.tensor(weights, [24], { location, offset: 4 })], { axis: -1 }),
        ),
      );
    const outside = write("outside.bin", Buffer.alloc(100));
    const model = path("folder/model.onnx");
    const folder = dirname(model);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/weights.bin`, Buffer.concat([Buffer.alloc(4), Buffer.from(weights.buffer)]));
    symlinkSync(outside, `${folder}/link.bin`);
    const of = (location: string) => {
      writeFileSync(model, spec(location));
      return diagnose(model, "--random", "1", "--json", "--effect", "none");
    };
    expect(JSON.parse((await of("weights.bin")).stdout).layers.length).toBe(1);
    for (const location of ["../outside.bin", "link.bin", outside, "..", "C:\\x", ""]) {
      expect(refusal(await of(location)), location).toMatch(
        /which leaves its folder|which is no name of a file beside it|which is no regular file/,
      );
    }
    expect(refusal(await of("none.bin"))).toContain('names the file "none.bin", which is not there');
  });
});

describe("what cannot be done", () => {
  it("is said in a line", async () => {
    const says = async (...args: string[]) => refusal(await diagnose(...args));
    expect(await says(MODEL)).toBe(
      "a model is diagnosed by what it is run on: --input FILE with its inputs, or --random N",
    );
    expect(await says(MODEL, "--random", "1", "--norm", "l1")).toBe("--norm is for tensors, not for a model");
    expect(await says("transformer-residual-outlier.npy", "--random", "1")).toBe(
      "--random is for a model, a file that ends with .onnx",
    );
    expect(await says(MODEL, CALM, "--random", "1")).toBe("one model is diagnosed at a time, and no tensors beside it");
    expect(await says(MODEL, "--random", "1", "--runtime", "x")).toMatch(
      /^--runtime must be one of onnxruntime-web-webgpu, /,
    );
    expect(await says(MODEL, "--random", "1", "--runtime", "onnxruntime-cpu", "--format", "bfloat16")).toBe(
      "--runtime is for --format float16",
    );
    const other = npz("other.npz", { y: npy("<f4", [2, 7, 32], gaussian(448, 5)) });
    expect(await says(MODEL, "--input", other)).toBe(
      'there is no input "y": the model wants x: float32 [batch, time, 32]',
    );
    const short = npz("short.npz", { x: npy("<f4", [7, 32], gaussian(224, 5)) });
    expect(await says(MODEL, "--input", short)).toContain(
      '"x" is of shape [7,32]: the model wants x: float32 [batch, time, 32]',
    );
    expect(await says(path("missing.onnx"), "--random", "1")).toContain("no such file");
    const cut = write("cut.onnx", readFileSync(MODEL).subarray(0, 4000));
    expect(await says(cut, "--random", "1")).toMatch(/cut\.onnx: is no ONNX model, or is cut off/);
    const pointer = write("pointer.onnx", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"));
    expect(await says(pointer, "--random", "1")).toContain("is a Git LFS pointer");
    const tensor = write("tensor.onnx", npy("<f4", [2], new Float32Array(2)));
    const why = "has tensors, and no model, in it: give it a name that ends with";
    expect(await says(tensor, "--random", "1")).toContain(`tensor.onnx: ${why} .npy`);
    expect(await says(write("run.onnx", readFileSync(other)), "--random", "1")).toContain(`${why} .npz`);
    const weights = readFileSync(new URL("../../samples/digits-cnn.safetensors", import.meta.url));
    expect(await says(write("weights.onnx", weights), "--random", "1")).toContain(`${why} .safetensors`);
  });

  it("leaves nothing behind", async () => {
    const [list, report] = [path("not.json"), path("not.html")];
    refusal(await diagnose(MODEL, "--input", path("missing.npz"), "--keep", list, "--html", report));
    expect([existsSync(list), existsSync(report)]).toEqual([false, false]);
  });
});

it("shows names as they may be shown", async () => {
  const nodes = HOSTILE_NAMES.map((name, i) => ({
    op: "LpNormalization",
    inputs: [i ? `t${i - 1}` : "x"],
    outputs: [`t${i}`],
    name,
  }));
  const spec = { opset: 17, nodes, inputs: { x: { dims: [2, 8] } }, outputs: { [`t${nodes.length - 1}`]: {} } };
  const model = write("names.onnx", modelBytes(spec));
  const report = path("names.html");
  const { stdout, code } = await diagnose(model, "--random", "1", "--html", report);
  expect(code).toBe(0);
  const json = (await diagnose(model, "--random", "1", "--json")).stdout;
  for (const text of [stdout, json, readFileSync(report, "utf8")]) expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  const { document } = parseHTML(readFileSync(report, "utf8"));
  expect(document.querySelectorAll("script, img, [onload]").length).toBe(0);
});
