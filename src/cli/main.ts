#!/usr/bin/env node
// halfnorm: the command line.

import { writeSync } from "node:fs";
import { debuglog } from "node:util";
import { run } from "./run.js";
import { BAD_USAGE } from "./terminal/checks.js";
import { failureLine } from "./terminal/errors.js";
import { watchOutput } from "./terminal/output.js";
import { foreseeThreads } from "./workers/foresee.js";

const STDERR = 2;

/** One line that says why, and nothing after it, whatever else is still at work. */
function end(error: unknown): void {
  // NODE_DEBUG=halfnorm shows where it came from
  debuglog("halfnorm")("%s", error instanceof Error ? error.stack : error);
  try {
    writeSync(STDERR, failureLine(error));
  } catch {
    // nobody can be told; the exit code says it
  }
  process.exit(BAD_USAGE);
}

watchOutput(end);
process.on("uncaughtException", end); // rejections that nobody takes come here, too
const args = process.argv.slice(2);
try {
  foreseeThreads(args);
  process.exitCode = await run(args);
} catch (error) {
  end(error);
}
