/** Types of elements that NumPy has no name for: float8, and what --as says. */
import { describe, expect, it } from "vitest";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { float8_e4m3fn, float8_e5m2, round } from "../../src/index.js";
import { halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();

describe("float8", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  it.each([
    ["F8_E4M3", "float8_e4m3fn", float8_e4m3fn],
    ["F8_E5M2", "float8_e5m2", float8_e5m2],
  ] as const)("%s has the values of the format", async (dtype, stored, format) => {
    const header = { a: { dtype, shape: [256], data_offsets: [0, 256] } };
    const file = await TensorFile.open(write("eight.safetensors", safetensorsBytes(header, bytes)));
    const [tensor] = file.tensors;
    expect(tensor).toMatchObject({ stored, dtype: "float32", bytes: 256 });
    const data = (await file.read(tensor)).data as Float32Array;
    await file.close();
    const finite = data.filter(Number.isFinite);
    expect(finite.length).toBe(stored === "float8_e4m3fn" ? 254 : 248);
    expect(new Set(finite).size).toBe(finite.length - 1); // two zeros
    expect(Array.from(round(finite, format).data)).toEqual(Array.from(finite));
    expect(Math.max(...finite)).toBe(stored === "float8_e4m3fn" ? 448 : 57344);
    expect(data[1]).toBe(stored === "float8_e4m3fn" ? 2 ** -9 : 2 ** -16);
    expect(Object.is(data[128], -0)).toBe(true);
    for (let i = 1; i < 120; i++) expect(data[i] > data[i - 1] && data[i + 128] === -data[i]).toBe(true);
  });
});

describe("--as", () => {
  const brain = Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 1).buffer);
  const valuesOf = async (name: string, as?: "bfloat16" | "float16" | "float8_e5m2" | "float8_e4m3fn") => {
    const file = await TensorFile.open(name, name, { raw: as });
    const read = await Promise.all(file.tensors.map(async (tensor) => Array.from((await file.read(tensor)).data)));
    await file.close();
    return read;
  };

  it.each(["|V2", "<V2", "V2", "<u2", ">u2"])("reads %s as bfloat16", async (type) => {
    const data = type === ">u2" ? Buffer.from(brain).swap16() : brain;
    const plain = npyBytes({ header: npyHeader(type, [4]), data });
    const expected = [[1, -2, Infinity, Math.fround(2 ** -133)]];
    expect(await valuesOf(write("v.npy", plain), "bfloat16")).toEqual(expected);
    expect(await valuesOf(write("v.npz", zipBytes([{ name: "a.npy", content: plain }])), "bfloat16")).toEqual(expected);
    expect(await valuesOf(write("v.npy", plain))).toEqual([]);
    expect(await valuesOf(write("v.npy", plain), "float8_e5m2")).toEqual([]);
  });

  it("reads bytes as float8, and leaves what has a name as it is", async () => {
    const eight = npyBytes({ header: npyHeader("|u1", [4]), data: Uint8Array.of(0x3c, 0xbc, 0x7c, 0) });
    expect(await valuesOf(write("e.npy", eight), "float8_e5m2")).toEqual([[1, -1, Infinity, 0]]);
    const four = npyBytes({
      header: npyHeader("<f4", [8, 4]),
      data: Buffer.from(Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)).buffer),
    });
    expect(await valuesOf(write("f.npy", four), "bfloat16")).toEqual(await valuesOf(path("f.npy")));
  });

  it("is an option of diagnose and compare, which say where it is needed", async () => {
    const values = Buffer.from(Uint16Array.from({ length: 32 }, (_, i) => 0x3f80 + i).buffer);
    const file = write("raw.npy", npyBytes({ header: npyHeader("|V2", [4, 8]), data: values }));
    const { stdout } = await halfnorm([
      "diagnose",
      file,
      "--as",
      "bfloat16",
      "--norm",
      "l1",
      "--json",
      "--no-remedies",
    ]);
    expect(JSON.parse(stdout).tensors[0].stored).toBe("bfloat16");
    const compared = await halfnorm(["compare", file, file, "--as", "bfloat16", "--json"]);
    expect(JSON.parse(compared.stdout).tensors[0].comparison.format).toBe("bfloat16");
    expect(refusal(await halfnorm(["diagnose", file]))).toMatch(/of type "\|V2", which --as may name\)$/);
    expect(refusal(await halfnorm(["diagnose", file, "--as", "int8"]))).toMatch(/^--as must be one of bfloat16, /);
  });
});
