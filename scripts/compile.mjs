/**
 * Compiles the modules side by side: the decoder of their texts, each part, and all parts in one. Does
 * nothing when their sources are those of the last time.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
const cwd = fileURLToPath(new URL("..", import.meta.url));

/** Entry and target of asconfig.json. */
const MODULES = [
  ["decode", "decode"],
  ["core", "core"],
  ["diagnosis", "diagnosis"],
  ["training", "training"],
  ["index", "whole"],
];

const compile = ([entry, target]) =>
  new Promise((resolve, reject) => {
    const args = [asc, `assembly/${entry}.ts`, "--target", target];
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.on("data", (text) => {
      messages += text;
    });
    child.on("close", (code) => (code ? reject(new Error(`asc ${entry}: exit ${code}\n${messages}`)) : resolve()));
  });

/** Of everything that the modules are made from. */
function hashOfSources() {
  const hash = createHash("sha256");
  const assembly = readdirSync(`${cwd}assembly`).map((name) => `assembly/${name}`);
  const compiler = "node_modules/assemblyscript/package.json";
  for (const name of [...assembly.sort(), "src/layout.ts", "asconfig.json", "scripts/compile.mjs", compiler]) {
    hash.update(`${name}\0`).update(readFileSync(cwd + name));
  }
  return hash.digest("hex");
}

const record = `${cwd}build/sources.sha256`;
const hash = hashOfSources();
const built = MODULES.every(([, target]) => existsSync(`${cwd}build/${target === "whole" ? "halfnorm" : target}.wasm`));
if (!built || !existsSync(record) || readFileSync(record, "utf8") !== hash) {
  rmSync(record, { force: true });
  await Promise.all(MODULES.map(compile));
  writeFileSync(record, hash);
}
