// Files that people have in the place of tensors: what they are, and what to do.

import { latin1 } from "./latin1.js";

/** Two lines of Python. */
const CONVERT =
  "convert it in Python: " +
  'import torch; from safetensors.torch import save_file; state = torch.load("x.pt", map_location="cpu", weights_only=True); ' +
  'save_file({k: v.clone().contiguous() for k, v in state.items() if torch.is_tensor(v)}, "x.safetensors")';

/** It cannot be read without running what it says. */
export const PYTORCH = `is a checkpoint of PyTorch, a program that builds tensors rather than data; ${CONVERT}`;

const begins =
  (...beginnings: readonly string[]) =>
  (text: string): boolean =>
    beginnings.some((beginning) => text.startsWith(beginning));

const page = /^\s*<(?:!doctype html|html|head|body|!--)/i;
const xml = /^\s*<\?xml/i;

/** Tests of what files begin with, in Latin-1, and what to say. */
const KINDS: readonly (readonly [(text: string) => boolean, string])[] = [
  [begins("version https://git-lfs."), "is a Git LFS pointer, not the file itself: git lfs pull fetches that"],
  [
    (text) => page.test(text),
    "is an HTML page, not tensors: the download gave a page, such as one that asks to log in or shows the file",
  ],
  [(text) => xml.test(text), "is XML, not tensors: the download may have given a message of an error"],
  [begins("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"), PYTORCH],
  [
    begins("\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"),
    `is a pickle, a program of Python rather than data; if it is a checkpoint of PyTorch, ${CONVERT}`,
  ],
  [begins("GGUF"), "is GGUF, whose weights are quantized in blocks: take the .safetensors file that it was made from"],
  [
    begins("\x89HDF\r\n\x1a\n"),
    'is HDF5; take a tensor out of it in Python: numpy.save("x.npy", h5py.File("x.h5")["name"][()])',
  ],
  [begins("\x1f\x8b"), "is compressed by gzip: gunzip it first"],
  [begins("BZh"), "is compressed by bzip2: bunzip2 it first"],
  [begins("\xfd7zXZ\0"), "is compressed by xz: unxz it first"],
  [begins("(\xb5/\xfd"), "is compressed by zstd: unzstd it first"],
  [(text) => text.startsWith("ustar", 257), "is a tar archive: unpack it first"],
  [begins("\0".repeat(64)), "begins with zeros: the download has not been finished"],
];

/** Bytes from which they can be told. */
const HEAD = 512;

/** What a file is that is no file of tensors, if that can be told; continues a line that begins with its name. */
export function foreign(head: Uint8Array): string | undefined {
  const text = latin1(head.subarray(0, HEAD));
  return KINDS.find(([matches]) => matches(text))?.[1];
}
