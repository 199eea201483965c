// TypeScript over a few files of a project that has the package installed.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf } from "./tools.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** The compiler of this project. */
export const TSC = join(modules, "@typescript/native/bin/tsc");

/** Where the types of Node are. */
export const TYPE_ROOTS = [join(modules, "@types")];

/** What a compiler has to say about a script in a folder of a project; nothing if all is well. */
export async function compile(
  tsc: string,
  project: string,
  name: string,
  files: Record<string, string>,
  options: object,
) {
  const folder = join(project, name);
  mkdirSync(folder);
  for (const [file, source] of Object.entries(files)) writeFileSync(join(folder, file), source);
  // of the declarations, the package's are what is checked, and not the compiler's own
  const checks = { strict: true, skipLibCheck: false, skipDefaultLibCheck: true };
  const base = { noEmit: true, ...checks, target: "es2022", types: [], moduleDetection: "force" };
  const config = { compilerOptions: { ...base, ...options }, files: Object.keys(files) };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return outputOf(process.execPath, [tsc, "-p", folder], folder).catch(({ stdout }) => stdout);
}
