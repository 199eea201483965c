/**
 * Compiles the modules side by side: the decoder of their texts, each part, and all parts in one; or those that are named,
 * of which one more has assertions, for the tests: node scripts/compile.mjs checked. Leaves those alone whose sources are what
 * they were.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
const cwd = fileURLToPath(new URL("..", import.meta.url));

/** Targets of asconfig.json, and the entry in assembly/modules/ or the name of the module where it is another. */
const MODULES = [
  { target: "decode" },
  { target: "core" },
  { target: "diagnosis" },
  { target: "gradients" },
  { target: "whole", name: "halfnorm" },
];
const CHECKED = { target: "checked", entry: "whole" };

const compile = (target, entry) =>
  new Promise((resolve, reject) => {
    const args = [asc, entry, "--target", target];
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.on("data", (text) => {
      messages += text;
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`asc ${target}: exit ${code ?? signal}\n${messages}`));
    });
  });

/** The files that a file imports, and those that they import. */
function closure(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, to] of readFileSync(join(cwd, path), "utf8").matchAll(/^(?:import|export)\b.*?from "(.+?)";$/gms)) {
    closure(`${join(dirname(path), to)}.ts`, found);
  }
  return found;
}

/** Of everything that a module is made from. */
function hashOf(entry) {
  const hash = createHash("sha256");
  const sources = [...closure(entry)].sort();
  for (const path of [...sources, "asconfig.json", "scripts/compile.mjs", "node_modules/assemblyscript/package.json"]) {
    hash.update(`${path}\0`).update(readFileSync(join(cwd, path)));
  }
  return hash.digest("hex");
}

async function update({ target, entry = target, name = target }) {
  const path = `assembly/modules/${entry}.ts`;
  const record = join(cwd, `build/${name}.sha256`);
  const hash = hashOf(path);
  if (existsSync(join(cwd, `build/${name}.wasm`)) && existsSync(record) && readFileSync(record, "utf8") === hash)
    return;
  rmSync(record, { force: true });
  await compile(target, path);
  writeFileSync(record, hash);
}

const named = process.argv.slice(2);
const chosen = named.length ? [...MODULES, CHECKED].filter(({ target }) => named.includes(target)) : MODULES;
await Promise.all(chosen.map(update));
