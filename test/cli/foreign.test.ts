/** Files that people have in the place of tensors: each is called what it is, and what to do. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const latin = (text: string) => Buffer.from(text, "latin1");
const padded = (text: string) => Buffer.concat([latin(text), Buffer.alloc(600, 1)]);
const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
const CHECKPOINT = zipBytes([
  { name: "archive/data.pkl", content: Buffer.from("\x80\x02}q") },
  { name: "archive/data/0", content: Buffer.alloc(16) },
]);

describe.each<[string, Uint8Array, RegExp]>([
  ["a pointer of Git LFS", latin(LFS), /^is a Git LFS pointer, not the file itself: git lfs pull/],
  ["a page", latin("\n<!DOCTYPE html><html><title>Sign in</title>"), /^is an HTML page, not tensors/],
  ["a page without a type", latin("<HTML><body>"), /^is an HTML page/],
  ["XML", latin('<?xml version="1.0"?><Error><Code>AccessDenied'), /^is XML/],
  ["a checkpoint", CHECKPOINT, /^is a checkpoint of PyTorch, .*import torch; .*weights_only=True.*save_file\(/],
  ["an old checkpoint", padded("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), /^is a checkpoint of PyTorch/],
  ["a pickle", padded("\x80\x04\x95"), /^is a pickle.*if it is a checkpoint of PyTorch, convert it/],
  ["GGUF", padded("GGUF\x03\0\0\0"), /^is GGUF/],
  ["HDF5", padded("\x89HDF\r\n\x1a\n"), /^is HDF5; .*h5py/],
  ["gzip", gzipSync(npyBytes({ header: npyHeader("<f4", [0]) })), /^is compressed by gzip/],
  ["zstd", padded("(\xb5/\xfd"), /^is compressed by zstd/],
  ["tar", latin(`${"x".repeat(257)}ustar\0`), /^is a tar archive/],
  ["zeros", Buffer.alloc(5000), /^begins with zeros: the download has not been finished/],
])("%s", (_, bytes, problem) => {
  it.each(["x.npy", "x.npz", "x.safetensors", "x.bin"])("as %s", async (name) => {
    const file = write(name, bytes);
    const error = (await TensorFile.open(file).catch((reason: unknown) => reason)) as Error;
    expect(error.message.replace(`${file}: `, "")).toMatch(problem);
    expect(error.message).not.toMatch(/\p{C}/u);
  });
});

it("a file whose length looks like something else is taken for what it is", async () => {
  // a header of 0x8b1f bytes begins like gzip
  const header = JSON.stringify({ a: { dtype: "F32", shape: [4], data_offsets: [0, 16] } }).padEnd(0x8b1f);
  const file = await TensorFile.open(write("odd.bin", safetensorsBytes(header, Buffer.alloc(16))));
  expect(file.tensors).toHaveLength(1);
  await file.close();
});

it("says it in one line", async () => {
  write("model.pt", CHECKPOINT);
  expect(refusal(await halfnorm(["diagnose", path("model.pt")]))).toMatch(/model\.pt: is a checkpoint of PyTorch/);
  expect(refusal(await halfnorm(["compare", path("model.pt"), path("model.pt")]))).toMatch(/is a checkpoint/);
});
