// The values of one tensor that an option names, by its file or by its file and its name.

import { stat } from "node:fs/promises";
import { fromFloat16 } from "../../index.js";
import { UsageError } from "../terminal/errors.js";
import { few, quote } from "../terminal/printable.js";
import type { RawType } from "./elements.js";
import { placesOf } from "./places.js";
import { leftOut, noTensor, selectTensors } from "./select-tensors.js";
import { Source } from "./source.js";
import { readTensor } from "./stored-tensor.js";
import type { Place } from "./tensor-file.js";

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

/** FILE, or FILE:NAME where that is no file but FILE is; names may have colons as well. */
async function partsOf(text: string): Promise<{ file: string; name?: string }> {
  if (text === "-" || (await exists(text))) return { file: text };
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    const file = text.slice(0, at);
    if (await exists(file)) return { file, name: text.slice(at + 1) };
  }
  return { file: text };
}

async function placeOf(option: string, text: string, as: RawType | undefined): Promise<Place> {
  const { file, name } = await partsOf(text);
  const listing = await placesOf(file, as);
  const places = selectTensors(listing, name === undefined ? undefined : [name]);
  if (!places.length) throw new UsageError(noTensor([listing], leftOut(listing)));
  if (places.length === 1) return places[0];
  const names = places.map((place) => place.name);
  throw new UsageError(`--${option} must be one tensor, FILE:NAME; ${quote(text)} stands for ${few(names, 8)}`);
}

/**
 * @param option That named it, for messages.
 * @param text FILE with a single tensor, or FILE:NAME; "-" is standard input with a single one.
 * @throws {UsageError | FileError}
 */
export async function valuesOf(option: string, text: string, as: RawType | undefined): Promise<Float32Array> {
  const { path, label, identity, tensor } = await placeOf(option, text, as);
  const source = await Source.open(path, label, identity);
  try {
    const { data } = await readTensor(source, tensor);
    return data instanceof Float32Array ? data : fromFloat16(data);
  } finally {
    await source.close();
  }
}
