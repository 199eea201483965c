/** Kernels of runtimes on the command line. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { KernelResult } from "../../src/cli/diagnosed/kernel-results.js";
import { run } from "../../src/cli/run.js";
import { UsageError } from "../../src/cli/terminal/errors.js";
import { type Diagnosis, kernelDetails, kernels, type Remedy } from "../../src/index.js";
import { KERNEL_KINDS } from "../../src/numerics/kernels.js";
import { halfnorm } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
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
      "all beside several norms",
      ["diagnose", FILE, "--kernel", "all", "--norm", "l1,l2"],
      /^--kernel all goes with one norm, got "l1,l2"$/,
    ],
    [
      "all of a part",
      ["diagnose", FILE, "--kernel", "all", "--shard", "1/2"],
      /^--kernel all and --shard exclude each other$/,
    ],
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

describe("--kernel all", () => {
  const all = ["diagnose", FILE, "--kernel", "all"];

  it("puts the kinds side by side", async () => {
    const { code, stdout } = await halfnorm(all);
    expect(code).toBe(0);
    expect(stdout).toMatch(/, L2 by each kind of kernel, stored\sin\sfloat16$/m);
    expect(stdout).toMatch(/^kernel +verdict +SQNR dB /m);
    const verdicts = KERNEL_KINDS.map((kind) => new RegExp(`^${kind}  +(\\w+) `, "m").exec(stdout)?.[1]);
    expect(verdicts).toEqual(["failed", "failed", "ok", "ok"]);
    expect(stdout).toMatch(/^Best remedy for float16 sums: /m);
    expect(stdout.replaceAll("\n", " ")).not.toMatch(/Best remedy for float32 statistics/);
  });

  it("as JSON, with what each comes to and its own diagnosis", async () => {
    const [tensor] = (await json(...all)).tensors;
    const kinds: KernelResult[] = tensor.kernels;
    expect(kinds.map(({ name }) => name)).toEqual(KERNEL_KINDS);
    for (const [i, name] of KERNEL_KINDS.slice(0, 3).entries()) {
      const { arithmetic } = tensor.diagnoses[i].subject;
      const alone = (await json("diagnose", FILE, "--norm", "l2", "--kernel", name)).tensors[0].diagnoses[0];
      expect(tensor.diagnoses[i]).toEqual(alone);
      expect(arithmetic).toMatchObject(kernels[name]);
      const { verdict, reason, error, headroom } = alone;
      expect(kinds[i]).toEqual({ name, verdict, reason, error, headroom });
    }
    // what it stores in float16 is what the remedy of the first finds
    const stored = tensor.diagnoses[0].remedies.find(({ change }: Remedy) => change.includes("store in float16"));
    expect(kinds[3].error).toEqual(stored.error);
    expect(kinds[3].reason).toBe("the output keeps 11 of the 11 bits of float16 (SQNR 72.8 dB)");
    expect(tensor.diagnoses[3].subject.arithmetic.compute).toBe("float32");
  });

  it("of another norm, without remedies", async () => {
    const [tensor] = (await json(...all, "--norm", "l1", "--no-remedies")).tensors;
    expect(tensor.diagnoses.map(({ subject, remedies }: Diagnosis) => [subject.norm, remedies])).toEqual(
      KERNEL_KINDS.map(() => ["l1", []]),
    );
    expect(tensor.kernels.map(({ verdict }: KernelResult) => verdict)).toEqual(["ok", "ok", "ok", "ok"]);
  });

  it("is a check of each of them", async () => {
    expect((await halfnorm([...all, "--no-remedies", "--fail-on", "failed"])).code).toBe(1);
    expect((await halfnorm([...all, "--norm", "l1", "--no-remedies", "--fail-on", "failed"])).code).toBe(0);
    expect((await halfnorm([...all, "--norm", "l1", "--no-remedies", "--tolerance-ulp", "1"])).code).toBe(1);
  });

  it("of data that float16 cannot store, and of data that is none", async () => {
    const file = (name: string, values: number[]) => {
      const bytes = Buffer.from(Float32Array.from(values).buffer);
      return write(name, npyBytes({ header: npyHeader("<f4", [2, values.length / 2]), data: bytes }));
    };
    const of = async (path: string) => (await json("diagnose", path, "--kernel", "all")).tensors[0].kernels;
    const large: KernelResult[] = await of(file("large.npy", [1e5, -1e5, 2e5, 3, 1, 2, 3, 4]));
    expect(large.map(({ verdict }) => verdict)).toEqual(["failed", "failed", "failed", "failed"]);
    const broken: KernelResult[] = await of(file("broken.npy", [NaN, 1, 2, 3, 1, 2, 3, 4]));
    for (const { verdict, reason } of broken) {
      expect(verdict).toBe("failed");
      expect(reason).toContain("the data has 1 NaN");
    }
    // in float32 all is well, whatever the mean: of 24 bits it keeps fewer, of 11 all
    const far = Array.from({ length: 64 }, (_, i) => 1000 + (i % 7));
    const [, , , float32] = await of(file("far.npy", far));
    expect(float32).toMatchObject({ name: "float32", verdict: "ok" });
  });

  it("in a report", async () => {
    const file = path("all.html");
    await halfnorm([...all, "--no-remedies", "--html", file]);
    const html = readFileSync(file, "utf8");
    expect(html).toContain("The kinds of kernels side by side");
    for (const kind of KERNEL_KINDS) expect(html).toContain(kind);
    expect(html).toContain("statistics in float32");
  });
});
