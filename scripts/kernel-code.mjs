/**
 * The machine code that kernels come to, in a table without a clock: bytes of each function of all parts in one, and operations
 * in each of its inner loops, by the disassembly of build/halfnorm.wasm. npm run kernels:write writes
 * test/fixtures/kernel-code.txt anew; with --check, it says what has grown, or is new, and fails.
 *
 * Operations are all instructions but constants, and what moves between locals: those cost nothing once compiled. A loop is an
 * inner one if there is none in it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const MODULE = join(root, "build/halfnorm.wasm");
const TABLE = join(root, "test/fixtures/kernel-code.txt");
const CODE = 10;

const asc = import.meta.resolve("assemblyscript/asc");
const disassembler = join(dirname(createRequire(asc).resolve("binaryen")), "bin/wasm-dis");

/** Bytes of the functions of a module, in their order. */
function sizes(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = number() + at;
    if (id === CODE) {
      return Array.from({ length: number() }, () => {
        const size = number();
        at += size;
        return size;
      });
    }
    at = end;
  }
  throw new Error(`${MODULE} has no code`);
}

/** What is written in parentheses, but is no operation. */
const SILENT = /^(?:block|else|func|local|loop|param|result|then|type|[a-z0-9]+[.]const|local[.][a-z]+)$/;

/** Operations in the inner loops of a function, in the order of their ends. */
function innerLoops(text) {
  const found = [];
  const open = [];
  for (const [token, name] of text.matchAll(/\(([^\s()]+)|\)/g)) {
    if (token === ")") {
      const { loop, inner, operations } = open.pop();
      if (loop && inner) found.push(operations);
      const outer = open.at(-1);
      if (!outer) continue;
      outer.operations += operations;
      if (loop || !inner) outer.inner = false;
    } else {
      open.push({ loop: name === "loop", inner: true, operations: SILENT.test(name) ? 0 : 1 });
    }
  }
  return found;
}

/** Bytes and inner loops of every function, by its name. */
function measure() {
  const names = new Map(
    readFileSync(MODULE.replace(/wasm$/, "symbols"), "utf8")
      .trim()
      .split("\n")
      .map((line) => /** @type {[string, string]} */ (line.split(/:(.*)/s).slice(0, 2))),
  );
  const text = execFileSync(process.execPath, [disassembler, MODULE], { encoding: "utf8", maxBuffer: 1 << 28 });
  const bytes = sizes(readFileSync(MODULE));
  const functions = [...text.matchAll(/^ \(func \$(\d+)[\s\S]*?^ \)$/gm)];
  if (functions.length !== bytes.length) throw new Error(`${functions.length} functions, ${bytes.length} bodies`);
  const rows = functions.map(([body, index], i) => {
    const name = (names.get(index) ?? index).replaceAll("assembly/", "");
    return /** @type {const} */ ([name, { bytes: bytes[i], loops: innerLoops(body) }]);
  });
  return new Map(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const HEAD = "bytes  operations in inner loops  function";

function write(measured) {
  const lines = [...measured].map(
    ([name, { bytes, loops }]) => `${String(bytes).padStart(5)}  ${loops.join(" ").padEnd(24)}  ${name}`,
  );
  writeFileSync(TABLE, `${[HEAD, ...lines].join("\n")}\n`);
}

function read() {
  const lines = readFileSync(TABLE, "utf8").trimEnd().split("\n").slice(1);
  return new Map(
    lines.map((line) => {
      const [, bytes, loops, name] = /^ *(\d+) {2}(.*?) {2,}(\S+)$/.exec(line) ?? [];
      return [name, { bytes: Number(bytes), loops: loops.trim() ? loops.trim().split(/ +/).map(Number) : [] }];
    }),
  );
}

/** What has grown since the table was written. */
function growth(measured, table) {
  const found = [];
  for (const [name, { bytes, loops }] of measured) {
    const before = table.get(name);
    if (!before) {
      found.push(`${name} is new: ${bytes} bytes`);
      continue;
    }
    if (bytes > before.bytes) found.push(`${name} has ${bytes} bytes, ${before.bytes} before`);
    const [now, then] = [loops.join(" "), before.loops.join(" ")];
    const more = loops.length > before.loops.length || loops.some((operations, i) => operations > before.loops[i]);
    if (more) found.push(`${name} has ${now} operations in its inner loops, ${then || "none"} before`);
  }
  return found;
}

if (process.argv.includes("--check")) {
  const found = growth(measure(), read());
  if (found.length) {
    console.error(`${found.join("\n")}\nwhere that is worth it, npm run kernels:write writes the table anew`);
    process.exitCode = 1;
  }
} else {
  write(measure());
}
