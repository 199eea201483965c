/** Checkpoints in several files, types that NumPy has no name for, and what is left out of what is read. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placesOf } from "../../src/cli/files/places.js";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import { float8_e4m3fn, float8_e5m2, round } from "../../src/index.js";
import { halfnorm, refusal, shell } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const DATA = Buffer.from(Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)).buffer);
const F32 = { dtype: "F32", shape: [8, 4], data_offsets: [0, 128] };
const shard = (...names: string[]) =>
  safetensorsBytes(
    Object.fromEntries(names.map((name, i) => [name, { ...F32, data_offsets: [128 * i, 128 * i + 128] }])),
    Buffer.concat(names.map(() => DATA)),
  );
const index = (map: unknown, name = "model.safetensors.index.json") =>
  write(name, Buffer.from(JSON.stringify({ metadata: { total_size: 1 }, weight_map: map })));
write("a.safetensors", shard("x", "y", "extra"));
write("b.safetensors", shard("z"));

describe("a checkpoint in several files", () => {
  it("has the tensors of its index", async () => {
    const { places, skipped } = await placesOf(index({ z: "b.safetensors", x: "a.safetensors", y: "a.safetensors" }));
    expect(places.map(({ name, label }) => [name, label])).toEqual([
      ["z", path("b.safetensors")],
      ["x", path("a.safetensors")],
      ["y", path("a.safetensors")],
    ]);
    expect(skipped).toEqual([{ name: "extra", label: path("a.safetensors"), type: "not in the index" }]);
  });

  it("is diagnosed and compared as one", async () => {
    const name = index({ z: "b.safetensors", x: "a.safetensors" });
    const { code, stdout } = await halfnorm(["diagnose", name, "--norm", "l1", "--no-remedies", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).tensors.map((one: { name: string }) => one.name)).toEqual(["z", "x"]);
    const same = await halfnorm(["compare", name, name, "--tolerance-ulp", "0", "--tensor", "z"]);
    expect(same).toMatchObject({ code: 0, stderr: "" });
  });

  it("may be made of links, as in the cache of a hub, but of none that leave it", async () => {
    for (const folder of ["blobs", "snapshot"]) mkdirSync(path(folder));
    write("blobs/0", shard("z"));
    index({ z: "b.safetensors" }, "blobs/1");
    symlinkSync("../blobs/0", path("snapshot/b.safetensors"));
    symlinkSync("../blobs/1", path("snapshot/model.safetensors.index.json"));
    const { places } = await placesOf(path("snapshot/model.safetensors.index.json"));
    expect(places.map(({ name }) => name)).toEqual(["z"]);
    symlinkSync("../b.safetensors", path("snapshot/away.safetensors"));
    symlinkSync("..", path("snapshot/up"));
    for (const away of ["away.safetensors", "up/b.safetensors"]) {
      const refused = placesOf(index({ z: away }, "snapshot/own.safetensors.index.json"));
      await expect(refused).rejects.toThrow(/which is a link that leaves its folder$/);
    }
  });

  it.each([
    "../a.safetensors",
    "/etc/passwd",
    "sub/../../a.safetensors",
    "..",
    ".",
    "",
    "a//b",
    "..\\a.safetensors",
    "C:a.safetensors",
    "a\0.safetensors",
  ])("names no file outside of its folder: %j", async (file) => {
    const error = (await placesOf(index({ x: file })).catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(/index\.json: has the file ".*" for tensor "x": it is not in its folder$/);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ["no JSON", "{", /it is no JSON$/],
    ["no UTF-8", Buffer.from('{"weight_map": "\xff"}', "latin1"), /it is no JSON$/],
    ["deep", '{"weight_map":'.repeat(50_000), /it is no JSON$/],
    ["no map", '{"metadata": {}}', /it has no object "weight_map"$/],
    ["a list", '{"weight_map": ["a.safetensors"]}', /it has no object "weight_map"$/],
    ["null", '{"weight_map": null}', /it has no object "weight_map"$/],
    ["an empty map", '{"weight_map": {}}', /without tensors$/],
    ["numbers", '{"weight_map": {"x": 1}}', /has no name of a file for tensor "x"$/],
    ["prototypes", '{"weight_map": {"__proto__": {"x": 1}}}', /for tensor "__proto__"$/],
    ["a missing file", '{"weight_map": {"x": "c.safetensors"}}', /names the file "c.safetensors", which is not there$/],
    [
      "a folder",
      '{"weight_map": {"x": "snapshot"}}',
      /names the file "snapshot", which is (no regular file|not there)$/,
    ],
    [
      "a missing tensor",
      '{"weight_map": {"w": "a.safetensors"}}',
      /to have w in "a.safetensors", which are not there$/,
    ],
    [
      "itself",
      '{"weight_map": {"x": "bad.safetensors.index.json"}}',
      /bad\.safetensors\.index\.json: is no|is truncated/,
    ],
  ])("is refused: %s", async (_, text, problem) => {
    const file = write("bad.safetensors.index.json", Buffer.from(text as string));
    const error = (await placesOf(file).catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(problem);
    expect(error.message.length).toBeLessThan(2000);
  });

  it("does not wait for a pipe", async () => {
    expect((await shell(`mkfifo "${path("pipe.safetensors")}"`)).code).toBe(0);
    await expect(placesOf(index({ x: "pipe.safetensors" }))).rejects.toThrow(/which is no regular file$/);
  });

  it("is asked for by its name", async () => {
    const text = JSON.stringify({ weight_map: { z: "b.safetensors" } });
    expect(refusal(await halfnorm(["diagnose", "-"], text))).toMatch(/^standard input: is an index of files beside it/);
  });
});

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
    const four = npyBytes({ header: npyHeader("<f4", [8, 4]), data: DATA });
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

describe("beside what can be diagnosed", () => {
  const floats = write("floats.npy", npyBytes({ header: npyHeader("<f4", [8, 4]), data: DATA }));
  const integers = write("integers.npy", npyBytes({ header: npyHeader("<i8", [16]), data: DATA }));
  const booleans = write("booleans.npy", npyBytes({ header: npyHeader("|b1", [128]), data: DATA }));
  const number = write("number.npy", npyBytes({ header: npyHeader("<f4", []), data: DATA.subarray(0, 4) }));
  const none = write("none.npy", npyBytes({ header: npyHeader("<f4", [0, 4]) }));
  const options = ["--norm", "l1", "--no-remedies"];

  it("integers, booleans and single numbers are left out with a note", async () => {
    const { code, stdout } = await halfnorm(["diagnose", integers, booleans, floats, number, ...options]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Not diagnosed, of type "<i8": integers\.$/m);
    expect(stdout).toMatch(/^Not diagnosed, of type "\|b1": booleans\.$/m);
    expect(stdout).toMatch(/^Not diagnosed, one number, .*: number\.$/m);
  });

  it("nothing is left only with every reason", async () => {
    expect(refusal(await halfnorm(["diagnose", integers, booleans, number, ...options]))).toMatch(
      /has no float tensor: integers \(of type "<i8"\); booleans \(of type "\|b1"\); number \(one number, /,
    );
  });

  it("what has no elements is fine, with a note", async () => {
    for (const more of [[], ["--html", path("none.html")], ["--jobs", "2", floats]]) {
      const { code, stdout } = await halfnorm(["diagnose", none, ...options, ...more, "--fail-on", "degraded"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^It has no elements: nothing can go wrong\.$/m);
    }
    expect((await halfnorm(["compare", none, none, "--tolerance-ulp", "0"])).code).toBe(0);
  });

  it("integers of Python 2 are lengths as others", async () => {
    const old = npyBytes({ header: npyHeader("<f4", ["8L", "4L"]), data: DATA });
    const file = await TensorFile.open(write("old.npy", old));
    expect(file.tensors[0].shape).toEqual([8, 4]);
    await file.close();
    for (const shape of [
      ["8LL", "4"],
      ["8l", "4"],
      ["L", "32"],
      ["8 L", "4"],
    ]) {
      const wrong = write("wrong.npy", npyBytes({ header: npyHeader("<f4", shape), data: DATA }));
      await expect(TensorFile.open(wrong)).rejects.toThrow(/malformed header/);
    }
  });

  it("float64 beyond float32 is called so", async () => {
    const data = Buffer.from(Float64Array.from({ length: 16 }, (_, i) => (i === 3 ? 1e39 : i)).buffer);
    const file = write("wide.npy", npyBytes({ header: npyHeader("<f8", [4, 4]), data }));
    const { stdout } = await halfnorm(["diagnose", file, ...options]);
    expect(stdout).toMatch(/1 value of float64 is beyond float32: infinite/);
  });
});
