#!/usr/bin/env node
// halfnorm: the command line.

import { debuglog } from "node:util";
import { run } from "./run.js";
import { BAD_USAGE } from "./terminal/checks.js";
import { FileError, UsageError } from "./terminal/errors.js";
import { watchOutput } from "./terminal/output.js";

watchOutput();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // NODE_DEBUG=halfnorm shows where it came from
  debuglog("halfnorm")("%s", error instanceof Error ? error.stack : error);
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s+/g, " ");
  const expected = error instanceof UsageError || error instanceof FileError || error instanceof RangeError;
  process.stderr.write(`halfnorm: ${expected ? "" : "internal error: "}${line}\n`);
  process.exitCode = BAD_USAGE;
}
