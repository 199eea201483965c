/** halfnorm compare. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FIXTURES, halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { write } = temporaryFolder();
const cnn = "digits-cnn.safetensors";

it("gives the golden result on the samples", async () => {
  const { code, stdout } = await halfnorm([
    "compare",
    "transformer-residual-outlier.npy",
    "transformer-residual.npy",
    "--json",
  ]);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.schema).toBe("halfnorm.cli.compare/1");
  await expect(stdout).toMatchFileSnapshot("../fixtures/cli/compare.json");
});

it("exits with 1 where the check that was asked for fails", async () => {
  const files = ["compare", "transformer-residual-outlier.npy", "transformer-residual.npy"];
  const failed = await halfnorm([...files, "--tolerance-ulp", "4"]);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/failed: not within 4 ulp\n$/);
  expect((await halfnorm([...files, "--tolerance-ulp", "1e9"])).code).toBe(0);
  const same = await halfnorm(["compare", cnn, cnn, "--tolerance-ulp", "0", "--json", "--jobs", "2"]);
  expect(same.code).toBe(0);
  const { tensors } = JSON.parse(same.stdout) as { tensors: { name: string; passes: boolean }[] };
  expect(tensors).toHaveLength(17);
  expect(tensors[0].name).toBe("bn1.bias");
  expect(tensors.every(({ passes }) => passes)).toBe(true);
});

it("lets as many elements be further off as are said", async () => {
  const values = Float32Array.from({ length: 200 }, (_, i) => 1 + i / 256);
  const off = values.map((value, i) => (i < 3 ? value + 2 ** -10 : value));
  const file = (name: string, data: Float32Array) =>
    write(name, npyBytes({ header: npyHeader("<f4", [200]), data: Buffer.from(data.buffer) }));
  const [a, e] = [file("off.npy", off), file("values.npy", values)];
  const check = async (...args: string[]) => {
    const { code, stdout } = await halfnorm(["compare", a, e, "--json", ...args]);
    return { code, beyond: JSON.parse(stdout).tensors[0].beyond };
  };
  // 2^-10 are 2^13 ulp of float32 from 1 to 2, and one of float16
  expect(await check("--tolerance-ulp", "8191", "--outliers", "1.5")).toEqual({ code: 0, beyond: 3 });
  expect(await check("--tolerance-ulp", "8191", "--outliers", "1.49")).toEqual({ code: 1, beyond: 3 });
  expect(await check("--tolerance-ulp", "8191")).toEqual({ code: 1, beyond: 3 });
  expect(await check("--tolerance-ulp", "8192")).toEqual({ code: 0, beyond: 0 });
  expect(await check("--tolerance-ulp", "1", "--format", "float16")).toEqual({ code: 0, beyond: 0 });
  expect(await check("--tolerance-ulp", "0.99", "--format", "float16", "--outliers", "1")).toEqual({
    code: 1,
    beyond: 3,
  });
  off[9] = Number.NaN;
  file("off.npy", off);
  expect(await check("--tolerance-ulp", "8191", "--outliers", "100")).toEqual({ code: 1, beyond: 3 });
  const { stdout } = await halfnorm(["compare", a, e, "--tolerance-ulp", "1", "--outliers", "1"]);
  expect(stdout).toMatch(/failed: not within 1 ulp but for 1 % of the elements\n$/);
  expect(refusal(await halfnorm(["compare", a, e, "--outliers", "1"]))).toMatch(
    /^--outliers goes with --tolerance-ulp/,
  );
  expect(refusal(await halfnorm(["compare", a, e, "--tolerance-ulp", "1", "--outliers", "101"]))).toMatch(
    /^--outliers must be a number from 0 to 100, got "101"$/,
  );
});

it("says what was left out and what was rounded", async () => {
  const { stdout } = await halfnorm(["compare", cnn, cnn]);
  expect(stdout).toMatch(/^Not compared, of type "I64": bn1\.num_batches_tracked, /m);
  const thirds = `${FIXTURES}thirds.npy`;
  expect((await halfnorm(["compare", thirds, thirds])).stdout).toMatch(
    /^2 values of float64 are beyond float32: .*\n.*less\.\n18 values of float64 were rounded to float32\.$/m,
  );
});

it("takes special values in one only for a failure", async () => {
  const bytes = readFileSync(`${FIXTURES}f4-little-c.npy`);
  bytes.writeFloatLE(Number.NaN, bytes.length - 4);
  const { code } = await halfnorm([
    "compare",
    write("nan.npy", bytes),
    `${FIXTURES}f4-little-c.npy`,
    "--tolerance-ulp",
    "1e9",
  ]);
  expect(code).toBe(1);
  const both = await halfnorm(["compare", write("nan.npy", bytes), write("same.npy", bytes), "--tolerance-ulp", "0"]);
  expect(both.code).toBe(0);
  expect(both.stdout.replaceAll("\n", " ")).toMatch(/1 NaN and 0 infinities (stand )?in the same places/);
});

it("chooses tensors by name and by pattern", async () => {
  const { stdout } = await halfnorm(["compare", cnn, cnn, "--tensor", "conv?.weight", "--tensor", "fc.bias", "--json"]);
  const names = (JSON.parse(stdout).tensors as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(["conv1.weight", "conv2.weight", "conv3.weight", "fc.bias"]);
  expect(refusal(await halfnorm(["compare", cnn, cnn, "--tensor", "conv4*"]))).toBe(
    `${cnn} has no float tensor "conv4*", it has bn1.bias, bn1.running_mean, bn1.running_var, bn1.weight, bn2.bias, bn2.running_mean, bn2.running_var, bn2.weight and 9 more`,
  );
  expect(refusal(await halfnorm(["compare", cnn, cnn, "--tensor", "bn1.num*"]))).toMatch(
    /"bn1.num_batches_tracked" is "I64"/,
  );
});

it("refuses tensors that do not go together", async () => {
  expect(refusal(await halfnorm(["compare", cnn, `${FIXTURES}types.safetensors`]))).toMatch(
    /has no float tensor "bn1.bias", but/,
  );
  expect(refusal(await halfnorm(["compare", "digits-conv1-out.npy", "digits-conv3-out.npy"]))).toMatch(
    /^digits-conv1-out.npy: tensor "digits-conv1-out": "expected" must have the shape/,
  );
});

it("measures float64 and bfloat16 in ulp of what they become, and says what was rounded", async () => {
  const files = [`${FIXTURES}thirds.npy`, `${FIXTURES}thirds.npy`];
  const [{ comparison, rounded }] = JSON.parse((await halfnorm(["compare", ...files, "--json"])).stdout).tensors;
  expect(comparison.format).toBe("float32");
  expect(rounded).toEqual({ actual: { rounded: 9, overflowed: 1 }, expected: { rounded: 9, overflowed: 1 } });
  const types = `${FIXTURES}types.safetensors`;
  const brain = await halfnorm(["compare", types, types, "--tensor", "brain", "--json"]);
  expect(JSON.parse(brain.stdout).tensors[0].comparison.format).toBe("bfloat16");
});

it("shows no codes of a terminal, neither its own nor those of names", async () => {
  const types = `${FIXTURES}types.safetensors`;
  const { stdout } = await halfnorm(["compare", types, types], undefined, { FORCE_COLOR: "3" });
  expect(stdout).not.toContain("\x1b");
  expect(stdout).toContain('quo"te\\u{a}');
});
