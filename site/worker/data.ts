// The tensor that a view is about: a sample, one of a file, or made.

import { contentsOf } from "../../src/cli/files/contents.js";
import { type StoredType, type Tally, tallyNotes } from "../../src/cli/files/elements.js";
import { reasonOf } from "../../src/cli/files/left-out.js";
import { readTensor } from "../../src/cli/files/stored-tensor.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import { quote } from "../../src/cli/terminal/printable.js";
import { SAMPLES } from "../shared/samples.js";
import type { View } from "../shared/view.js";
import { BlobBytes } from "./blob-bytes.js";
import { madeData, shapeOf } from "./made.js";

/** A tensor as it was read. */
export interface Loaded extends Tally {
  readonly file: string;
  readonly name: string;
  /** Of all tensors in the file. */
  readonly names: readonly string[];
  readonly stored: StoredType;
  readonly shape: readonly number[];
  /** float16 bits, or float32. */
  readonly data: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  readonly notes: readonly string[];
}

export interface Opened {
  readonly bytes: BlobBytes;
  readonly label: string;
  readonly contents: Awaited<ReturnType<typeof contentsOf>>;
}

/** Longer than this is no tensor that a page should hold. */
const MOST = 2 ** 28;

/** The scripts stand in a folder beside that of the samples. (Written at once, bundlers take it for a file of theirs.) */
const HERE = import.meta.url;

const blobs = new Map<string, Promise<Blob>>();

async function fetched(file: string): Promise<Blob> {
  const response = await fetch(new URL(`../samples/${file}`, HERE)).catch(() => undefined);
  if (!response?.ok) throw new FileError(file, "cannot be loaded from where this page comes from");
  return response.blob();
}

function sampleOf(file: string): Promise<Blob> {
  const found = blobs.get(file) ?? fetched(file);
  blobs.set(file, found);
  found.catch(() => blobs.delete(file));
  return found;
}

async function openFile(blob: Blob, label: string): Promise<Opened> {
  const bytes = new BlobBytes(blob, label);
  return { bytes, label, contents: await contentsOf(bytes, label) };
}

/** The file of a view. */
export async function opened(view: View, file: File | undefined): Promise<Opened> {
  if (view.source === "sample") {
    const { file: name } = SAMPLES[view.sample];
    return openFile(await sampleOf(name), name);
  }
  if (!file) throw new FileError("The file", "is not here any more: choose it again");
  return openFile(file, file.name);
}

async function read(view: View, file: File | undefined): Promise<Loaded> {
  if (view.source === "made") {
    const changed = { rounded: 0, overflowed: 0, notes: [] };
    const tensor = {
      file: "made.npy",
      name: "made",
      names: ["made"],
      stored: "float32",
      shape: shapeOf(view.made),
    } as const;
    return { ...tensor, ...changed, data: madeData(view.made) };
  }
  const { bytes, label, contents } = await opened(view, file);
  const { tensors, skipped } = contents;
  const usable = tensors.filter(({ size }) => size !== 1);
  const tensor = view.tensor ? tensors.find(({ name }) => name === view.tensor) : (usable[0] ?? tensors[0]);
  if (!tensor) {
    const [other] = skipped;
    if (view.tensor && tensors.length) throw new FileError(label, `has no tensor ${quote(view.tensor)}`);
    throw new FileError(
      label,
      other ? `has nothing to normalize: ${quote(other.name)} is ${reasonOf(other)}` : "has no tensors",
    );
  }
  if (tensor.size > MOST)
    throw new FileError(label, `tensor ${quote(tensor.name)} of ${tensor.size} elements is too large`);
  const { data, rounded, overflowed } = await readTensor(bytes, tensor);
  return {
    file: label,
    name: tensor.name,
    names: tensors.map(({ name }) => name),
    stored: tensor.stored,
    shape: tensor.shape,
    data: data as Loaded["data"],
    rounded,
    overflowed,
    notes: tallyNotes({ rounded, overflowed }),
  };
}

let last: { readonly key: string; readonly file: File | undefined; readonly loaded: Promise<Loaded> } | undefined;

/** What is read again for every question stays. */
export function load(view: View, file: File | undefined): Promise<Loaded> {
  const { source, sample, tensor, made } = view;
  const key = JSON.stringify(source === "made" ? made : source === "sample" ? [sample, tensor] : [tensor]);
  if (last?.key === key && last.file === file) return last.loaded;
  const loaded = read(view, file);
  last = { key, file, loaded };
  loaded.catch(() => {
    last = undefined;
  });
  return loaded;
}
