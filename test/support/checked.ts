/**
 * An instance whose kernels have assertions: of what they demand of a plan and of their arguments, of tiles and of indices. One
 * that does not hold throws, and says where it stands.
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "../../src/index.js";

const root = new URL("../../", import.meta.url);

// compiled when its sources have changed, which the build does not do: it is only for the tests
execFileSync(process.execPath, [fileURLToPath(new URL("scripts/compile.mjs", root)), "checked"]);

export const CHECKED = readFileSync(new URL("build/checked.wasm", root));

/** All functions of the package, on such an instance. */
export const checked = await load({ bytes: CHECKED });
