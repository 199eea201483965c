// Parts of a diagnosis, joined: as one run over everything would have found it.

import type { Drawn } from "../diagnosed/report.js";
import type { SkippedTensor } from "../diagnosed/result.js";
import type { PartOptions } from "../diagnosed/shard.js";
import { FileError } from "../terminal/errors.js";
import { few } from "../terminal/printable.js";
import { type PartResult, readPart } from "./part.js";

/** Everything, in its order. */
export interface Joined {
  readonly tensors: readonly Drawn[];
  readonly skipped: readonly SkippedTensor[];
  readonly options: PartOptions;
}

/** Parts that a message lists. */
const LISTED = 8;

/** @throws {FileError} for parts that do not belong together, that are there twice, or that are missing. */
function checkParts(parts: readonly PartResult[]): void {
  const [first] = parts;
  const { parts: all, digest, options } = first.shard;
  const seen = new Map<number, PartResult>();
  for (const one of parts) {
    const { shard, label } = one;
    const fail = (problem: string): FileError => new FileError(label, problem);
    const other = few([first.label], 1);
    if (shard.parts !== all) throw fail(`is part ${shard.part} of ${shard.parts}, ${other} one of ${all}`);
    if (JSON.stringify(shard.options) !== JSON.stringify(options) || shard.digest !== digest) {
      throw fail(`is a part of other files, or with other options or another version, than ${other}`);
    }
    const twice = seen.get(shard.part);
    if (twice) throw fail(`is part ${shard.part} of ${all}, and so is ${few([twice.label], 1)}`);
    seen.set(shard.part, one);
  }
  if (seen.size === all) return;
  const missing = Array.from({ length: all }, (_, i) => i + 1).filter((part) => !seen.has(part));
  const named = few(missing.map(String), LISTED);
  throw new FileError(first.label, `is one of ${all} parts, and these are missing: ${named}`);
}

/** Puts what the parts have in its place, in which there has to be one of it. */
function inOrder(parts: readonly PartResult[]): Pick<Joined, "tensors" | "skipped"> {
  const { total } = parts[0].shard.positions;
  const tensors = new Map<number, Drawn>();
  const skipped = new Map<number, SkippedTensor>();
  for (const { label, shard, ...found } of parts) {
    const { positions, figures } = shard;
    const check = (at: number): void => {
      if (at < total && positions.total === total && !tensors.has(at) && !skipped.has(at)) return;
      throw new FileError(label, `does not go with the other parts: it has tensor ${at} of ${positions.total}`);
    };
    for (const [i, at] of positions.tensors.entries()) {
      check(at);
      tensors.set(at, { tensor: found.tensors[i], figures: figures[i] });
    }
    for (const [i, at] of positions.skipped.entries()) {
      check(at);
      skipped.set(at, found.skipped[i]);
    }
  }
  if (tensors.size + skipped.size !== total) {
    const missing = total - tensors.size - skipped.size;
    throw new FileError(parts[0].label, `is one of parts that lack ${missing} of ${total} tensors`);
  }
  const sorted = <T>(placed: Map<number, T>): T[] => [...placed].sort(([a], [b]) => a - b).map(([, one]) => one);
  return { tensors: sorted(tensors), skipped: sorted(skipped) };
}

/**
 * @param names Of the parts' files, in any order.
 * @param progress Is told the part that is done, and may wait.
 */
export async function joined(
  names: readonly string[],
  progress: (done: number, what: string) => Promise<void>,
): Promise<Joined> {
  const parts: PartResult[] = [];
  for (const [i, name] of names.entries()) {
    parts.push(await readPart(name));
    await progress((i + 1) / names.length, name);
  }
  checkParts(parts);
  return { ...inOrder(parts), options: parts[0].shard.options };
}
