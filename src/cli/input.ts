// What the user named as a file, as a regular file that can be read anywhere and again.

import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { UsageError } from "./command.js";
import { FileError } from "./file-error.js";
import { systemError } from "./source.js";
import { temporaryPath } from "./temporary.js";

/** A file for TensorFile.open(). */
export interface Input {
  readonly path: string;
  readonly label: string;
}

/**
 * Standard input ("-"), pipes and devices are stored in a temporary file, since the formats are not made to be read from
 * front to back, and several threads may read them.
 *
 * @throws {FileError}
 */
export async function inputOf(name: string): Promise<Input> {
  if (name === "-" && process.stdin.isTTY) throw new UsageError("standard input is a terminal, not a file");
  const label = name === "-" ? "standard input" : name;
  try {
    if (name !== "-") {
      const stats = await stat(name);
      if (stats.isDirectory()) throw new FileError(label, "is a directory");
      if (stats.isFile()) return { path: name, label };
    }
    const path = temporaryPath("input");
    await pipeline(name === "-" ? process.stdin : createReadStream(name), createWriteStream(path, { mode: 0o600 }));
    return { path, label };
  } catch (error) {
    throw systemError(label, error);
  }
}
