/** Kernels of runtimes on the command line. */

import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { UsageError } from "../../src/cli/terminal/errors.js";
import { type Diagnosis, kernelDetails, kernels } from "../../src/index.js";
import { halfnorm } from "../support/cli.js";
import { temporaryFolder } from "../support/tensor-files.js";

const { write } = temporaryFolder();
const FILE = "transformer-residual-outlier.npy";

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await halfnorm([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
const diagnosesOf = async (...args: string[]): Promise<Diagnosis[]> =>
  (await json("diagnose", FILE, "--norm", "l2,l1", "--no-remedies", ...args)).tensors[0].diagnoses;

describe("--kernel", () => {
  it.each([
    ["float16 sums", ["--arithmetic", "float16"]],
    ["float32 sums", ["--accumulate", "float32"]],
    ["float32", ["--arithmetic", "float32"]],
    ["onnxruntime/cpu", ["--arithmetic", "float32", "--order", "sequential"]],
  ])("%s is what its options say in pieces", async (name, pieces) => {
    expect(await diagnosesOf("--kernel", name)).toEqual(await diagnosesOf(...pieces));
  });

  it("has what no other option has", async () => {
    const [{ subject }] = await diagnosesOf("--kernel", "onnxruntime-web/webgpu ReduceMean");
    expect(subject.arithmetic).toEqual({
      compute: "float16",
      accumulate: "float16",
      order: { lanes: 64 },
      count: "rounded",
    });
  });

  it("goes into parts, and is what they are joined by", async () => {
    const args = ["diagnose", "digits-cnn.safetensors", "--norm", "l1", "--no-remedies", "--json"];
    const kernel = ["--kernel", "onnxruntime-web/webgpu ReduceMean"];
    const parts = await Promise.all(
      [1, 2].map(async (i) => {
        const { stdout } = await halfnorm([...args, ...kernel, "--shard", `${i}/2`]);
        return write(`kernel-${i}.json`, Buffer.from(stdout));
      }),
    );
    const merged = await halfnorm(["merge", ...parts, "--json"]);
    expect(merged).toEqual(await halfnorm([...args, ...kernel]));
  });

  it.each(["diagnose", "sweep"])("list shows all of them by %s, without anything else", async (command) => {
    const { code, stdout, stderr } = await halfnorm([command, "--kernel", "list"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const shown = stdout.split("\n").map((line) => line.split("  ")[0]);
    for (const name of Object.keys(kernels)) expect(shown).toContain(name);
    for (const line of stdout.split("\n")) expect([...line].length).toBeLessThanOrEqual(80);
    const all = await json(command, "--kernel", "list");
    expect(all.schema).toBe("halfnorm.cli.kernels/1");
    expect(all.kernels.map(({ name }: { name: string }) => name)).toEqual(Object.keys(kernels));
    for (const { name, arithmetic, ...details } of all.kernels) {
      expect(details).toEqual(kernelDetails[name as keyof typeof kernelDetails]);
      // lanes by their name, where they have one
      const { order, ...formats } = kernels[name as keyof typeof kernels];
      expect(arithmetic).toMatchObject(formats);
      if (typeof order === "object" && order.lanes !== 32) expect(arithmetic.order).toEqual(order);
    }
  });

  it("of a sweep may be several, in the place of an arithmetic", async () => {
    const names = ["float32 statistics", "onnxruntime-web/webgpu LayerNormalization"];
    const args = ["sweep", "--norm", "l2", "--sigma", "1:10", "--n", "32", "--kernel", names.join(",")];
    const { options, ranges, kernels: found, stagnation } = await json(...args);
    expect(options.kernels).toEqual(names);
    expect([ranges, stagnation]).toEqual([[], []]);
    expect(found.map(({ kernel }: { kernel: string }) => kernel)).toEqual(names);
    const { stdout } = await halfnorm(args);
    for (const name of names) expect(stdout).toContain(`\n${name}  `);
    expect(stdout).not.toContain("Stagnation");
  });

  it.each<[string, string[], RegExp]>([
    [
      "an unknown one",
      ["diagnose", FILE, "--kernel", "cuda"],
      /^--kernel must be one of float16 sums, .*, got "cuda"$/,
    ],
    ["an unknown one of several", ["sweep", "--kernel", "float32,list"], /^--kernel must be one of .*, got "list"$/],
    ["none", ["sweep", "--kernel", ""], /^--kernel must be a list with commas, got ""$/],
    ...["diagnose", "sweep"].flatMap((command) =>
      [
        ["arithmetic", "float16"],
        ["accumulate", "float32"],
        ["order", "lanes"],
      ].map(([option, value]): [string, string[], RegExp] => [
        `it beside --${option} of ${command}`,
        [command, "--kernel", "list", `--${option}`, value],
        new RegExp(`^--kernel and --${option} exclude each other$`),
      ]),
    ),
  ])("refuses %s", async (_, args, problem) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(problem);
  });
});
