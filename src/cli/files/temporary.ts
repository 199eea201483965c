// Files that must not be left behind, whatever ends the process.

import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { FileError } from "../terminal/errors.js";
import { systemError } from "./source.js";

const paths = new Set<string>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function removeAll(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  paths.clear();
}

/** Removes, and then dies of the signal as if it had not been caught. */
function die(signal: NodeJS.Signals): void {
  removeAll();
  for (const each of SIGNALS) process.removeListener(each, die);
  process.kill(process.pid, signal);
}

/** Removes a file or folder when the process ends, if it is still there. */
function removeLater(path: string): void {
  if (!paths.size) {
    for (const signal of SIGNALS) process.on(signal, die);
    process.once("exit", removeAll);
  }
  paths.add(path);
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
  forget(path);
}

/** Leaves it where it is. */
function forget(path: string): void {
  paths.delete(path);
  if (paths.size) return;
  for (const signal of SIGNALS) process.removeListener(signal, die);
  process.removeListener("exit", removeAll);
}

/** A path for one file that is removed when the process ends. */
export function temporaryPath(name: string): string {
  const folder = join(tmpdir(), `halfnorm-${randomUUID()}`);
  // before it is there: a signal may come at once
  removeLater(folder);
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    forget(folder);
    throw error;
  }
  return join(folder, name);
}

/**
 * A file to be written: it appears under its name when it is complete, or not at all. That it can be written is known at
 * once, before anything is computed.
 */
export class Report {
  private readonly target: string;
  /** The unfinished file beside it; none where the target is no regular file, such as a pipe. */
  private readonly unfinished: string | undefined;
  private readonly descriptor: number;
  private open = true;

  /** @throws {FileError} */
  constructor(private readonly path: string) {
    try {
      this.target = existsSync(path) ? realpathSync(path) : path;
      const stats = statSync(this.target, { throwIfNoEntry: false });
      if (stats?.isDirectory()) throw new FileError(path, "is a directory");
      if (!stats || stats.isFile()) {
        this.unfinished = join(dirname(this.target), `.${basename(this.target)}.${process.pid}.tmp`);
        removeLater(this.unfinished);
      }
      this.descriptor = openSync(this.unfinished ?? this.target, "w");
    } catch (error) {
      if (this.unfinished) remove(this.unfinished);
      throw systemError(path, error);
    }
  }

  /** Writes all of it. Nothing comes between, signals wait until it is done. */
  finish(text: string): void {
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
      this.close();
      if (!this.unfinished) return;
      renameSync(this.unfinished, this.target);
      remove(this.unfinished);
    } catch (error) {
      throw systemError(this.path, error);
    }
  }

  /** Leaves what is there as it is, unless all has been written. */
  abandon(): void {
    this.close();
    if (this.unfinished) remove(this.unfinished);
  }

  private close(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }
}
