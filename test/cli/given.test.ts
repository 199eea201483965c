/** halfnorm diagnose with statistics that are given. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DiagnoseResult } from "../../src/cli/diagnosed/result.js";
import { diagnose } from "../../src/index.js";
import { halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();

const bytesOf = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const npy = (name: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string =>
  write(name, npyBytes({ header: npyHeader("<f4", shape), data: Buffer.from(bytesOf(values)) }));

const X = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i) * 100);
const MEAN = Float32Array.of(1, 2, 3);
const VARIANCE = Float32Array.of(4, 2500, 90_000);

const x = npy("x.npy", X, [4, 3, 2]);
const mean = npy("mean.npy", MEAN);
const deviation = npy("deviation.npy", VARIANCE.map(Math.sqrt));
const model = write(
  "model.safetensors",
  safetensorsBytes(
    {
      "bn.running_mean": { dtype: "F32", shape: [3], data_offsets: [0, 12] },
      "bn.running_var:0": { dtype: "F32", shape: [3], data_offsets: [12, 24] },
    },
    Buffer.concat([bytesOf(MEAN), bytesOf(VARIANCE)]),
  ),
);
const batch = (...args: string[]) => halfnorm(["diagnose", x, "--layer", "batch", ...args]);
const parsed = ({ stdout }: { stdout: string }): DiagnoseResult => JSON.parse(stdout);
const BY_NAME = ["--mean", `${model}:bn.running_mean`, "--variance", `${model}:bn.running_var:0`];

describe("statistics that are given", () => {
  it("are what diagnose() is given, by file or by name, as deviations or as variances", async () => {
    const arithmetic = { compute: "float16", accumulate: "float16", order: "lanes" } as const;
    const given = { mean: MEAN, deviation: VARIANCE.map(Math.sqrt) };
    const wanted = diagnose({ data: X, shape: [4, 3, 2] }, { layer: "batch", norm: "l2", arithmetic, ...given });
    const { tensors, verdict } = parsed(await batch("--mean", mean, "--deviation", deviation, "--json"));
    expect(tensors.map(({ diagnoses }) => diagnoses)).toEqual([[wanted]]);
    expect(verdict).toBe("failed");
    expect(wanted.reason).toContain("the square of the deviation overflows in 1 of 3 groups");
    expect(parsed(await batch(...BY_NAME, "--json")).tensors[0].diagnoses).toEqual([wanted]);
    const piped = await halfnorm(
      ["diagnose", x, "--layer", "batch", "--mean", "-", "--deviation", deviation, "--json"],
      readFileSync(mean),
    );
    expect(parsed(piped).tensors[0].diagnoses).toEqual([wanted]);
  });

  it("are said in text and in reports, where there is nothing of sums", async () => {
    const report = path("report.html");
    const { code, stdout } = await batch(...BY_NAME, "--norm", "l2,l1", "--details", "--html", report);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, " ")).toContain("batch norm, mean and deviation given, 3 groups of 8, in float16");
    expect(stdout).toContain("scale x, mean and deviation by 2^-1");
    const page = readFileSync(report, "utf8");
    expect(page).toContain("mean and deviation given");
    expect(page).not.toContain("Which σ the norms can take");
  });

  it("are part of what parts of a diagnosis have in common", async () => {
    const part = async (n: number, by: readonly string[]) =>
      write(`part-${n}.json`, Buffer.from((await batch(...by, "--no-remedies", "--json", "--shard", `${n}/2`)).stdout));
    const other = ["--mean", mean, "--deviation", mean];
    const parts = [await part(1, BY_NAME), await part(2, BY_NAME)];
    const whole = await batch(...BY_NAME, "--no-remedies", "--json");
    expect((await halfnorm(["merge", ...parts, "--json"])).stdout).toBe(whole.stdout);
    expect((await halfnorm(["merge", parts[0], await part(2, other), "--json"])).code).toBe(2);
  });

  it.each([
    [["--mean", "m"], "--mean goes with --deviation or --variance"],
    [["--variance", "v"], "--variance goes with --mean"],
    [["--mean", "m", "--deviation", "d", "--variance", "v"], "--deviation and --variance exclude each other"],
    [["--mean", "m", "--deviation", deviation], "m: no such file"],
    [["--mean", model, "--deviation", deviation], "--mean must be one tensor, FILE:NAME; "],
    [["--mean", `${model}:bn`, "--deviation", deviation], 'has no float tensor "bn", it has bn.running_mean'],
    [["--mean", x, "--deviation", deviation], '"mean" must have 3 elements, got 24'],
  ])("are refused: %j", async (args, message) => {
    expect(refusal(await batch(...args))).toContain(message);
  });

  it("go with batch norm alone", async () => {
    for (const grouping of [[], ["--layer", "layer"], ["--axes", "0"]]) {
      const result = await halfnorm(["diagnose", x, ...grouping, "--mean", mean, "--deviation", deviation]);
      expect(refusal(result)).toContain("--mean goes with --layer batch");
    }
  });
});
