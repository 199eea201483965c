/**
 * Compiles the modules side by side: the decoder of their texts, each part, and all parts in one; or those that are named,
 * of which one more has assertions, for the tests: node scripts/compile.mjs checked. Leaves those alone whose sources are what
 * they were.
 *
 * asc inlines no large function, not even one that is called in one place, and few small ones. Its optimizer alone does: the core
 * has 300 bytes less gzipped, and a traced row of a diagnosis, which calls some 300 functions of a line or two, takes 600 ns less
 * of 2,400; the engine of Node 20 puts nothing in line by itself. In the order of their names, functions of one file and instances
 * of one generic function are neighbours, which gzip finds in fewer bits: 90 bytes of the core, 1,000 of all parts in one. The
 * other parts are embedded behind the core and have much of it again: where that is not in the same order for both, gzip finds
 * more of it, 500 to 1,300 bytes.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
const optimizer = join(dirname(createRequire(asc).resolve("binaryen")), "bin/wasm-opt");
const cwd = fileURLToPath(new URL("..", import.meta.url));

const BY_NAME = "--reorder-functions-by-name";
/** Optimizing until nothing changes, for code that never traps: what would, is unreachable. 100 bytes of the core. */
const FURTHER = ["--traps-never-happen", "--converge"];
/** Functions of up to so many nodes of a syntax tree are put in line wherever they are called. */
const IN_LINE = "--always-inline-max-function-size=12";

/** Targets of asconfig.json, the name of the module where it is another, and how it is optimized once more. */
const MODULES = [
  { target: "decode" },
  { target: "core", again: ["-Os", IN_LINE, ...FURTHER, BY_NAME] },
  { target: "diagnosis", again: ["-Os", IN_LINE, ...FURTHER] },
  { target: "gradients", again: ["-Os", ...FURTHER] },
  { target: "whole", name: "halfnorm", again: ["-Os", IN_LINE, ...FURTHER, BY_NAME] },
];
const CHECKED = { target: "checked", entry: "whole" };

const run = (script, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.on("data", (text) => {
      messages += text;
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${script} ${args.join(" ")}: exit ${code ?? signal}\n${messages}`));
    });
  });

/** What asc lets modules use, of which asconfig.json has a list. */
const FEATURES = ["simd", "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals"];

/** Leaves no names of functions, but for a file of them beside. */
async function optimize(path, again) {
  const smaller = `${path}.smaller`;
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const symbols = path.replace(/wasm$/, "symbols");
  await run(optimizer, [...features, ...again, `--symbolmap=${symbols}`, path, "-o", smaller]);
  renameSync(smaller, path);
}

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

async function update({ target, entry = target, name = target, again }) {
  const path = `assembly/modules/${entry}.ts`;
  const record = join(cwd, `build/${name}.sha256`);
  const hash = hashOf(path);
  const module = join(cwd, `build/${name}.wasm`);
  if (existsSync(module) && existsSync(record) && readFileSync(record, "utf8") === hash) return;
  rmSync(record, { force: true });
  await run(asc, [path, "--target", target]);
  if (again) await optimize(module, again);
  writeFileSync(record, hash);
}

const named = process.argv.slice(2);
const chosen = named.length ? [...MODULES, CHECKED].filter(({ target }) => named.includes(target)) : MODULES;
await Promise.all(chosen.map(update));
