/** Checkpoints in several files. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placesOf } from "../../src/cli/files/places.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import { halfnorm, refusal, shell } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { safetensorsBytes } from "../support/tensor-files.js";

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
