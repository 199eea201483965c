/** halfnorm diagnose. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { DiagnoseResult } from "../../src/cli/diagnosed/result.js";
import { run } from "../../src/cli/run.js";
import { diagnose, type TensorLike } from "../../src/index.js";
import { FIXTURES, halfnorm, refusal, SAMPLES, shell, start } from "../support/cli.js";
import { gaussian } from "../support/random.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const OUTLIER = "transformer-residual-outlier.npy";
const CNN = "digits-cnn.safetensors";

async function json(args: readonly string[], input?: Uint8Array): Promise<DiagnoseResult> {
  const { code, stdout, stderr } = await halfnorm(["diagnose", ...args, "--json"], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("what is diagnosed", () => {
  it.each([
    ["outlier", [OUTLIER]],
    ["grad", ["digits-conv2-grad.npy", "--norm", "l1,lp3", "--layer", "batch", "--accumulate", "float32"]],
    ["cnn", [CNN, "--tensor", "conv1.weight", "--tensor", "bn1.w*", "--norm", "l2", "--axes", "-1", "--uncentred"]],
  ])("is the golden result for %s", async (name, args) => {
    const result = await json([...args, "--no-remedies"]);
    expect(result.schema).toBe("halfnorm.cli.diagnose/1");
    // sentences are tested where they are made
    const numbers = JSON.stringify(
      result,
      (key, value) => (key === "reason" || key === "notes" ? undefined : value),
      1,
    );
    await expect(`${numbers}\n`).toMatchFileSnapshot(`../fixtures/cli/diagnose-${name}.json`);
  });

  it("is what diagnose() says of the tensor", async () => {
    const { tensors, verdict, passes } = await json([OUTLIER, "--norm", "l2,l1"]);
    expect({ verdict, passes }).toEqual({ verdict: "failed", passes: true });
    const bytes = readFileSync(SAMPLES + OUTLIER);
    const data = new Uint16Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
    const x: TensorLike = { data, shape: [256, 128] };
    const arithmetic = { compute: "float16", accumulate: "float16", order: "lanes" } as const;
    const expected = (["l2", "l1"] as const).map((norm) => diagnose(x, { norm, arithmetic, layer: "layer" }));
    expect(tensors).toHaveLength(1);
    expect(tensors[0]).toEqual({
      file: OUTLIER,
      name: "transformer-residual-outlier",
      stored: "float16",
      assumed: "layer",
      diagnoses: expected,
      refused: [],
      rounded: 0,
      overflowed: 0,
    });
  });

  it("is a norm of each output channel for weights of a checkpoint, without biases, unless told otherwise", async () => {
    const { tensors, skipped } = await json([CNN, "--norm", "l1", "--no-remedies", "--jobs", "2"]);
    expect(tensors.map(({ name }) => name)).toEqual(["conv1.weight", "conv2.weight", "conv3.weight", "fc.weight"]);
    for (const { assumed, diagnoses } of tensors) {
      const [{ subject, input }] = diagnoses;
      expect({ assumed, ...subject }).toMatchObject({
        assumed: "weight",
        layer: null,
        axes: [1, 2, 3].slice(0, input.shape.length - 1),
        centred: false,
      });
    }
    expect(skipped).toContainEqual({ file: CNN, name: "bn1.num_batches_tracked", reason: 'of type "I64"' });
    expect(skipped.find(({ name }) => name === "bn1.bias")?.reason).toMatch(/^of one dimension in a checkpoint/);
    const told = await json([CNN, "--norm", "l1", "--no-remedies", "--layer", "layer"]);
    expect(told.tensors).toHaveLength(17);
    expect(told.tensors.every(({ assumed, diagnoses }) => !assumed && diagnoses[0].subject.layer === "layer")).toBe(
      true,
    );
    const { stdout } = await halfnorm(["diagnose", CNN, "--norm", "l1"]);
    expect(stdout.match(/^Taken for a weight of a checkpoint/gm)).toHaveLength(4);
    expect(refusal(await halfnorm(["diagnose", CNN, "--tensor", "fc.bias"]))).toMatch(
      /fc\.bias \(of one dimension in a/,
    );
  });

  it("is batch norm from four dimensions on, else layer norm, and says so", async () => {
    for (const [file, layer] of [
      ["digits-conv3-out.npy", "batch"],
      [OUTLIER, "layer"],
    ] as const) {
      const { assumed, diagnoses } = (await json([file, "--norm", "l1", "--no-remedies"])).tensors[0];
      expect({ assumed, layer: diagnoses[0].subject.layer }).toEqual({ assumed: layer, layer });
      const { stdout } = await halfnorm(["diagnose", file, "--norm", "l1"]);
      expect(stdout).toMatch(new RegExp(`^${layer} norm .* is assumed`, "im"));
    }
  });

  it("takes every layer and arithmetic", async () => {
    const subject = async (...args: string[]) =>
      (await json(["digits-conv3-out.npy", "--norm", "l1", "--no-remedies", ...args])).tensors[0].diagnoses[0].subject;
    expect(await subject("--layer", "group", "--groups", "8", "--eps", "0")).toMatchObject({
      layer: "group",
      groups: 8,
      eps: 0,
    });
    expect(await subject("--layer", "rms", "--axis", "-3")).toMatchObject({ axes: [1, 2, 3], centred: false });
    const arithmetic = { compute: "bfloat16", accumulate: "exact", order: "lanes" };
    expect(await subject("--arithmetic", "bfloat16", "--accumulate", "exact", "--axes", "0,2,3")).toMatchObject({
      arithmetic,
      layer: null,
      centred: true,
    });
  });

  it("leaves out what has no such layer, unless it was asked for", async () => {
    const { tensors, skipped } = await json([CNN, "--layer", "batch", "--norm", "l1", "--no-remedies"]);
    expect(tensors.map(({ name }) => name)).toEqual(["conv1.weight", "conv2.weight", "conv3.weight", "fc.weight"]);
    expect(skipped.find(({ name }) => name === "bn1.bias")?.reason).toMatch(/^"x" must be of shape \[N, C/);
    const asked = await halfnorm(["diagnose", CNN, "--layer", "batch", "--tensor", "bn1.bias"]);
    expect(refusal(asked)).toMatch(/^digits-cnn.safetensors: tensor "bn1.bias": "x" must be of shape \[N, C/);
    const { tensors: few } = await json([CNN, "--layer", "layer", "--tensor", "fc.bias", "--norm", "top12,l2"]);
    expect(few[0].diagnoses).toHaveLength(1);
    expect(few[0].refused[0].reason).toMatch(/^"topk" must be/);
  });

  it("says what reading changed", async () => {
    const data = Float64Array.from(gaussian(64, 5), (value) => value / 3);
    const file = write(
      "wide.npy",
      npyBytes({ header: npyHeader("<f8", [4, 16], true), data: Buffer.from(data.buffer) }),
    );
    const { stdout } = await halfnorm(["diagnose", file, "--norm", "l1"]);
    expect(stdout).toMatch(/^[3-6]\d values of float64 were rounded to float32\.$/m);
  });
});

describe("the exit code", () => {
  it.each<[string[], number]>([
    [["--fail-on", "failed"], 1],
    [["--norm", "l1", "--tolerance-ulp", "1e5", "--fail-on", "degraded"], 0],
    [["--norm", "l1", "--tolerance-ulp", "1"], 1],
    [["--norm", "l1,l2", "--fail-on", "degraded", "--json"], 1],
  ])("with %j is %i", async (args, code) => {
    expect((await halfnorm(["diagnose", OUTLIER, "--no-remedies", ...args])).code).toBe(code);
  });

  it.each<[string[], RegExp]>([
    [[], /^diagnose takes a file, or - for standard input$/],
    [["none.npy", "--fail-on", "ok"], /^--fail-on must be one of degraded, failed, got "ok"$/],
    [["none.npy", "--layer", "batch", "--axes", "0"], /^--layer and --axes exclude each other$/],
    [["none.npy", "--axis", "1"], /^--axis goes with --layer$/],
    [["none.npy", "--groups", "2", "--layer", "batch"], /^--groups goes with --layer group$/],
    [["none.npy", "--layer", "group"], /^--layer group needs --groups$/],
    [["none.npy", "--uncentred"], /^--uncentred goes with --axes$/],
    [["none.npy", "--order", "random"], /^--order must be one of lanes, sequential, pairwise/],
    [["none.npy", "--jobs", "0"], /^--jobs must be an integer from 1 to 256/],
    [["none.npy", "--eps", "-1"], /^--eps must be a number of at least 0/],
    [["none.npy"], /^none\.npy: no such file$/],
    [["-", "-"], /^only one file can be standard input$/],
    [["none.npy", "--html", "none/report.html"], /^none\/report\.html: no such folder$/],
  ])("with %j is 2", async (args, problem) => {
    await expect(run(["diagnose", ...args])).rejects.toThrow(problem);
  });

  it("is 2 for what cannot be diagnosed", async () => {
    expect(refusal(await halfnorm(["diagnose", "digits-conv1-out.npy", "--axes", "4"]))).toBe(
      'digits-conv1-out.npy: tensor "digits-conv1-out": "axes" must be an integer in [-4, 3], got 4',
    );
    await expect(run(["diagnose", `${FIXTURES}int64.npy`])).rejects.toThrow(
      /int64\.npy has no float tensor: int64 \(of type "<i8"\); what is to be taken for floats .* x\.astype\("float32"\)$/,
    );
    await expect(run(["diagnose", `${FIXTURES}nothing.npz`])).rejects.toThrow(/nothing\.npz has no float tensor$/);
    const nine = npyBytes({ header: npyHeader("<f4", [1, 1, 1, 1, 1, 1, 1, 1, 2]), data: new Uint8Array(8) });
    expect(refusal(await halfnorm(["diagnose", write("nine.npy", nine)]))).toMatch(/at most 8 dimensions/);
  });
});

describe("what is broken", () => {
  const numbers = (bytes: ArrayBufferView, descr: string) =>
    npyBytes({ header: npyHeader(descr, [2, 4]), data: new Uint8Array(bytes.buffer) });

  it.each<[string, ArrayBufferView, string, RegExp]>([
    ["all NaN", new Float32Array(8).fill(NaN), "<f4", /^L1: the data has 8 NaN, and every group is lost to them$/m],
    ["infinite", Float32Array.of(1, 2, 3, 4, 5, 6, 7, Infinity), "<f4", /^L1: the data has 1 infinity; of the rest, /m],
    ["beyond float32", Float64Array.of(1, 2, 3, 4, 5, 6, 1e39, -1e39), "<f8", /^L1: the data has 2 infinities; /m],
  ])("%s: passes no check, and the text says so", async (name, data, descr, reason) => {
    const file = write(`${name.replaceAll(" ", "-")}.npy`, numbers(data, descr));
    for (const check of [
      ["--fail-on", "failed"],
      ["--tolerance-ulp", "1e9"],
    ]) {
      const { code, stdout } = await halfnorm(["diagnose", file, "--norm", "l1", ...check]);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^L1 +failed /m);
      expect(stdout.replace(/\n(?=[a-z])/g, " ")).toMatch(reason);
      expect(stdout).not.toMatch(/scale x by/);
    }
  });

  it("says what an eps does to equal values, with the norms that it is of", async () => {
    const file = write("equal.npy", numbers(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9), "<f4"));
    const { stdout } = await halfnorm(["diagnose", file, "--norm", "l2,l1,linf", "--eps", "1e-5"]);
    expect(stdout.replaceAll("\n", " ")).toContain(
      "Note: L1, L∞: 1 / S overflows float16 where S is made of eps 1e-5 alone",
    );
    const all = await halfnorm(["diagnose", file, "--norm", "l2,l1", "--eps", "0"]);
    expect(all.stdout.replaceAll("\n", " ")).toContain("Note: L1: eps is 0: a group of equal values");
    const zero = await halfnorm(["diagnose", file, "--norm", "l2,l1", "--eps", "1e-9"]);
    expect(zero.stdout.replaceAll("\n", " ")).toContain("Note: eps 1e-9 rounds to 0 in float16");
  });
});

describe("the text", () => {
  it("shows the norms side by side in 80 columns", async () => {
    const { stdout } = await halfnorm(["diagnose", OUTLIER]);
    const lines = stdout.split("\n");
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
    for (const [norm, verdict] of Object.entries({ L2: "failed", L1: "ok", "L∞": "ok", "top-10": "ok", range: "ok" })) {
      expect(lines.some((line) => line.startsWith(norm) && line.includes(` ${verdict} `))).toBe(true);
    }
    expect(stdout).toMatch(/^norm +verdict +SQNR dB +NaN\/inf +median ulp +worst ulp /m);
    expect(stdout).toMatch(
      /^Best remedy for L2: compute in float32, store in float16: median 0\.25 ulp, \+72\.5\ndB$/m,
    );
    expect(stdout).toMatch(/^L2: a square overflows in 240 of 256 groups/m);
    expect(stdout).not.toContain("\x1b");
  });

  it("shows all stages with --details, and sums up several tensors", async () => {
    const details = await halfnorm(["diagnose", OUTLIER, "--norm", "l2", "--details"]);
    expect(details.stdout).toMatch(/^reciprocal /m);
    const { stdout } = await halfnorm(["diagnose", CNN, "--norm", "l2", "--no-remedies"]);
    expect(stdout).toMatch(/^4 tensors$/m);
    expect(stdout).toMatch(/^norm +ok +degraded +failed$/m);
    expect(stdout).toMatch(/^Not diagnosed, of type "I64": bn1\.num_batches_tracked, /m);
  });

  it("can be a report, too", async () => {
    const { code } = await halfnorm(["diagnose", OUTLIER, "--norm", "l2", "--html", path("report.html")]);
    expect(code).toBe(0);
    const html = readFileSync(path("report.html"), "utf8");
    expect(html.slice(0, 15)).toBe("<!doctype html>");
    expect(html.includes("failed: L2.")).toBe(true);
    expect(/\bsrc=|\bhref="[^#]|@import/.test(html)).toBe(false);
  });
});

describe("pipes", () => {
  it("standard input in, JSON out", async () => {
    const line = `cat ${OUTLIER} | "$NODE" "$BIN" diagnose - --norm l1 --json | "$NODE" -p 'JSON.parse(fs.readFileSync(0)).verdict'`;
    expect(await shell(line)).toEqual({ code: 0, stdout: "ok\n", stderr: "" });
    const { tensors } = await json(["-", "--norm", "l1", "--no-remedies"], readFileSync(`${FIXTURES}deflated.npz`));
    expect(tensors.map(({ file, name }) => [file, name])).toContainEqual(["standard input", "layer/weight"]);
  });

  it("a closed one", async () => {
    const args = `diagnose ${CNN} --norm l1 --no-remedies`;
    const line = `{ "$NODE" "$BIN" ${args}; echo "exit code $?" >&2; } | head -n 1`;
    expect(await shell(line)).toMatchObject({ code: 0, stderr: "exit code 0\n" });
    const check = `{ "$NODE" "$BIN" ${args} --tolerance-ulp 0; echo "exit code $?" >&2; } | head -n 1`;
    expect(await shell(check)).toMatchObject({ stderr: "exit code 1\n" });
  });

  it("a named one, like that of a process substitution", async () => {
    const line = `mkfifo '${path("fifo")}'; cat ${OUTLIER} > '${path("fifo")}' & "$NODE" "$BIN" diagnose '${path("fifo")}' --norm l1 --json`;
    const { code, stdout } = await shell(line);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).verdict).toBe("ok");
  });
});

it("leaves no report when it is interrupted", async () => {
  const own = path("interrupted");
  mkdirSync(own);
  const child = start(["diagnose", "digits-conv1-out.npy", "--html", `${own}/report.html`]);
  const ended = new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
  while (!readdirSync(own).length) await setTimeout(5);
  child.kill("SIGINT");
  expect(await ended).toBe("SIGINT");
  expect(readdirSync(own)).toEqual([]);
});
