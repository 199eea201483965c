#!/usr/bin/env node
// halfnorm: the command line.

import { debuglog } from "node:util";
import { BAD_USAGE, UsageError } from "./command.js";
import { FileError } from "./file-error.js";
import { watchOutput } from "./output.js";
import { run } from "./run.js";

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
