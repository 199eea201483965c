// What the user named as a file, as a regular file that can be read anywhere and again.

import { read } from "node:fs";
import { open, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { FileError, UsageError } from "../terminal/errors.js";
import { systemError } from "../terminal/system-errors.js";
import { BLOCK } from "./bytes.js";
import { STDIN } from "./source.js";
import { temporaryPath } from "./temporary.js";

/** A file for TensorFile.open(). */
export interface Input {
  readonly path: string;
  readonly label: string;
}

const readFrom = promisify(read);

/** Reads what has come, none at the end. In one buffer: streams would leave behind one for every piece. */
async function readSome(descriptor: number, buffer: Buffer): Promise<number> {
  for (;;) {
    try {
      return (await readFrom(descriptor, buffer, 0, buffer.length, null)).bytesRead;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0; // the end of a pipe, on Windows
      if (code !== "EAGAIN") throw error;
      await setTimeout(5); // whoever started us does not want to wait for reading
    }
  }
}

/** Stores everything that a pipe or device gives. */
async function store(descriptor: number): Promise<string> {
  const path = temporaryPath("input");
  const target = await open(path, "wx", 0o600);
  try {
    const buffer = Buffer.alloc(BLOCK);
    for (let n = await readSome(descriptor, buffer); n; n = await readSome(descriptor, buffer)) {
      try {
        await target.writeFile(buffer.subarray(0, n)); // at the current position
      } catch (error) {
        throw systemError(`its copy ${path}`, error);
      }
    }
  } finally {
    await target.close();
  }
  return path;
}

/** @throws {UsageError} for names that cannot be read together. */
export function checkNames(names: readonly string[]): void {
  if (names.filter((name) => name === "-").length > 1) throw new UsageError("only one file can be standard input");
}

/**
 * Standard input ("-"), pipes and devices are stored in a temporary file, since the formats are not made to be read from
 * front to back, and several threads may read them.
 *
 * @throws {FileError}
 */
export async function inputOf(name: string): Promise<Input> {
  const standard = name === "-";
  if (standard && isatty(STDIN)) throw new UsageError("standard input is a terminal, not a file");
  const label = standard ? "standard input" : name;
  try {
    if (standard) return { path: await store(STDIN), label };
    const stats = await stat(name);
    if (stats.isDirectory()) throw new FileError(label, "is a directory");
    if (stats.isFile()) return { path: name, label };
    const pipe = await open(name);
    try {
      return { path: await store(pipe.fd), label };
    } finally {
      await pipe.close();
    }
  } catch (error) {
    throw systemError(label, error);
  }
}
