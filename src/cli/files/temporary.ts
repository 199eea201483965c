// Files that must not be left behind, whatever ends the process.

import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemError } from "../terminal/system-errors.js";

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
export function removeLater(path: string): void {
  if (!paths.size) {
    for (const signal of SIGNALS) process.on(signal, die);
    process.once("exit", removeAll);
  }
  paths.add(path);
}

/** Removes it now. */
export function remove(path: string): void {
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

/**
 * A path for one file, in a folder that nobody else may enter, that is removed when the process ends.
 *
 * @throws {FileError} that names the folder of temporary files.
 */
export function temporaryPath(name: string): string {
  const folder = join(tmpdir(), `halfnorm-${randomUUID()}`);
  // before it is there: a signal may come at once
  removeLater(folder);
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    forget(folder);
    throw systemError(`the folder of temporary files ${tmpdir()}`, error);
  }
  return join(folder, name);
}
