// Threads that a command line will need, started before the command is loaded. What the command line means is found out there, and
// so this may be wrong: one thread too many is ended, one too few is started later.

import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { BRIEF, startEarly, workerOf } from "./workers.js";

/** Commands that work in threads. */
const COMMANDS = ["diagnose", "compare"];
/** What they do not do so. */
const ELSEWHERE = /^--?h(?:elp)?$|[.]onnx$/i;

/** What `--jobs` says, if anything. */
function jobsIn(args: readonly string[]): number | undefined {
  const at = args.findIndex((arg) => /^--jobs(?:=|$)/.test(arg));
  if (at < 0) return undefined;
  return Number(args[at].slice("--jobs=".length) || args[at + 1]);
}

function bytesOf(path: string): number {
  try {
    const stats = statSync(path);
    return stats.isFile() ? stats.size : 0;
  } catch {
    return 0; // the command says why
  }
}

/** @param args What stands behind "halfnorm". */
export function foreseeThreads([command, ...args]: readonly string[]): void {
  if (!COMMANDS.includes(command) || args.some((arg) => ELSEWHERE.test(arg))) return;
  const bytes = args.reduce((sum, arg) => sum + (arg.startsWith("-") ? 0 : bytesOf(arg)), 0);
  // one tensor is compared by one thread
  const most = command === "compare" && args.some((arg) => /[.]npy$/i.test(arg)) ? 1 : availableParallelism();
  const threads = Math.min(jobsIn(args) ?? most, most);
  if (bytes > BRIEF && threads >= 1) startEarly(workerOf(command), Math.floor(threads));
}
