/**
 * Compiles the modules side by side: the decoder of their texts, each part, and all parts in one. Leaves
 * those alone whose sources are what they were.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
const cwd = fileURLToPath(new URL("..", import.meta.url));

/** Entry in assembly/modules/ and target of asconfig.json, and the name of the module where it is another. */
const MODULES = [["decode"], ["core"], ["diagnosis"], ["gradients"], ["whole", "halfnorm"]];

const compile = (entry) =>
  new Promise((resolve, reject) => {
    const args = [asc, `assembly/modules/${entry}.ts`, "--target", entry];
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.on("data", (text) => {
      messages += text;
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`asc ${entry}: exit ${code ?? signal}\n${messages}`));
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
  const sources = [...closure(`assembly/modules/${entry}.ts`)].sort();
  for (const path of [...sources, "asconfig.json", "scripts/compile.mjs", "node_modules/assemblyscript/package.json"]) {
    hash.update(`${path}\0`).update(readFileSync(join(cwd, path)));
  }
  return hash.digest("hex");
}

async function update([entry, file = entry]) {
  const record = join(cwd, `build/${file}.sha256`);
  const hash = hashOf(entry);
  if (existsSync(join(cwd, `build/${file}.wasm`)) && existsSync(record) && readFileSync(record, "utf8") === hash)
    return;
  rmSync(record, { force: true });
  await compile(entry);
  writeFileSync(record, hash);
}

await Promise.all(MODULES.map(update));
