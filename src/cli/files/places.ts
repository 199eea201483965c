// The tensors that a user names, and where each of them is: those of a file, or of the files of a checkpoint.

import { realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { FileError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { systemError } from "../terminal/system-errors.js";
import type { RawType } from "./elements.js";
import { inputOf } from "./input.js";
import { NOT_IN_INDEX, type Skipped } from "./left-out.js";
import { checkShard, looksLikeIndex, MAX_INDEX, parseIndex } from "./shards.js";
import { Source } from "./source.js";
import { type Place, TensorFile } from "./tensor-file.js";

/** What there is. */
export interface Listing {
  readonly label: string;
  /** In the order of the file, or of the index and of its files. */
  readonly places: readonly Place[];
  /** What else is there and cannot be read. */
  readonly skipped: readonly (Skipped & { readonly label: string })[];
}

/** Bytes from which an index can be told. */
const HEAD = 65536;

/** The content of an index, if the file is one. */
async function indexIn(path: string, label: string): Promise<Map<string, Set<string>> | undefined> {
  const source = await Source.open(path, label);
  try {
    const head = new Uint8Array(Math.min(HEAD, source.size));
    await source.read(head, 0);
    if (!looksLikeIndex(head, label)) return undefined;
    if (source.size > MAX_INDEX) throw source.fail(`is an index of ${source.size} bytes, more than ${MAX_INDEX}`);
    const bytes = new Uint8Array(source.size);
    await source.read(bytes, 0);
    return parseIndex(bytes, source.fail);
  } finally {
    await source.close();
  }
}

async function listingOf(path: string, label: string, as: RawType | undefined): Promise<Listing & { format: string }> {
  const file = await TensorFile.open(path, label, { raw: as });
  await file.close();
  const { identity, format } = file;
  return {
    label,
    format,
    places: file.tensors.map((tensor) => ({ path, label, name: tensor.name, identity, tensor })),
    skipped: file.skipped.map((one) => ({ ...one, label })),
  };
}

/**
 * Folders that the files of a checkpoint may be in, links followed: that of its index, and the one where the index itself is
 * when it is a link. The cache of Hugging Face has links to all of them, the index among them, into one folder.
 */
const foldersOf = async (index: string): Promise<string[]> => [
  await realpath(dirname(index)),
  dirname(await realpath(index)),
];

/** Opens nothing that would wait for somebody, such as a pipe, and nothing that a link finds elsewhere. */
async function shardListing(
  path: string,
  label: string,
  index: string,
  name: string,
  folders: readonly string[],
): Promise<Listing> {
  const fail = (problem: string): FileError => new FileError(index, problem);
  try {
    if (!(await stat(path)).isFile()) throw fail(`names the file ${quote(name)}, which is no regular file`);
    const real = await realpath(path);
    if (!folders.some((folder) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
      throw fail(`names the file ${quote(name)}, which is a link that leaves its folder`);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw fail(`names the file ${quote(name)}, which is not there`);
    throw systemError(label, error);
  }
  const listing = await listingOf(path, label, undefined);
  if (listing.format !== "safetensors") throw fail(`names the file ${quote(name)}, which is no .safetensors file`);
  return listing;
}

/**
 * @param name As the user gave it; "-" for standard input.
 * @param as What elements are that NumPy has no name for.
 * @throws {UsageError | FileError}
 */
export async function placesOf(name: string, as?: RawType): Promise<Listing> {
  const { path, label } = await inputOf(name);
  const index = await indexIn(path, label);
  if (!index) return listingOf(path, label, as);
  if (path !== name) throw new FileError(label, "is an index of files beside it: give its name, not its content");
  const places: Place[] = [];
  const skipped: (Skipped & { label: string })[] = [];
  const folders = await foldersOf(path);
  for (const [shard, expected] of index) {
    const [at, shown] = [join(dirname(path), shard), join(dirname(label), shard)];
    const listing = await shardListing(at, shown, label, shard, folders);
    const fail = (problem: string): FileError => new FileError(label, problem);
    checkShard(new Set([...listing.places, ...listing.skipped].map((one) => one.name)), expected, shard, fail);
    for (const place of listing.places) {
      if (expected.has(place.name)) places.push(place);
      else skipped.push({ name: place.name, label: shown, type: NOT_IN_INDEX });
    }
    for (const one of listing.skipped) skipped.push(one);
  }
  return { label, places, skipped };
}
