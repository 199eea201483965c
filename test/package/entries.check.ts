// The entries beside each other: what "halfnorm/layers" has is what "halfnorm" has, wherever they are imported. And what Node reads
// for each, which is what an import takes: a limit that needs no clock.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { BUNDLERS, type Bundler, bundle } from "./bundle.js";

const consumer = inject("consumer");

/** What a script prints, as JSON. */
function printed(name: string, source: string, flags: string[] = []): unknown {
  const path = join(consumer, name);
  writeFileSync(path, source);
  return JSON.parse(execFileSync(process.execPath, [...flags, path], { cwd: consumer, encoding: "utf8" }));
}

/** Both entries, by namespaces of these names: nothing differs, classes and memory least of all. */
const SAME = `
function same(all, layers) {
  const names = Object.keys(layers).filter((name) => name !== "default" && name !== "module.exports" && name !== "__esModule");
  const before = all.memory().tensors;
  const x = layers.tensor([[1, 2], [3, 4]]);
  const shared = [x instanceof all.Tensor, all.memory().tensors - before, all.layerNorm(x) instanceof layers.Tensor];
  return { names: names.length, others: names.filter((name) => all[name] !== layers[name]), shared };
}`;
const IMPORTS = 'import * as all from "halfnorm";\nimport * as layers from "halfnorm/layers";';
const EXPECTED = { names: 27, others: [], shared: [true, 1, true] };

describe("halfnorm and halfnorm/layers are one", () => {
  it.each(["import", "node", "default"])("for import, by the condition %s", (condition) => {
    // those of Node always count: the files are asked for by their paths where others do
    const file = (name: string) =>
      JSON.stringify(pathToFileURL(join(consumer, "node_modules/halfnorm/dist", name)).href);
    const paths = `import * as all from ${file("index.js")};\nimport * as layers from ${file("layers.js")};`;
    const source = `${condition === "default" ? paths : IMPORTS}${SAME}\nconsole.log(JSON.stringify(same(all, layers)));`;
    expect(printed(`same-${condition}.mjs`, source, ["-C", condition])).toEqual(EXPECTED);
  });

  it("for require()", () => {
    const source = `const [all, layers] = [require("halfnorm"), require("halfnorm/layers")];${SAME}
      import("halfnorm").then(({ Tensor }) => {
        console.log(JSON.stringify({ ...same(all, layers), imported: Tensor === layers.Tensor }));
      });`;
    expect(printed("same.cjs", source, ["--no-warnings"])).toEqual({ ...EXPECTED, imported: true });
  });

  it.each(Object.keys(BUNDLERS) as Bundler[])("in a bundle by %s", async (bundler) => {
    const source = `${IMPORTS}${SAME}\nglobalThis.result = same(all, layers);`;
    const files = await bundle(bundler, consumer, "same", source);
    const path = join(consumer, "out", bundler, "same", "printed.mjs");
    expect([...files.keys()]).toEqual(["same.js"]);
    const print = `await import("./same.js");\nconsole.log(JSON.stringify(globalThis.result));`;
    expect(printed(path.slice(consumer.length + 1), print)).toEqual(EXPECTED);
  });
});

it("shows the names of classes to who prints their objects", () => {
  const source = `
    import { inspect } from "node:util";
    import { BatchNorm, partial, tensor } from "halfnorm";
    const made = [tensor([1]), partial(), new BatchNorm({ channels: 1 })];
    console.log(JSON.stringify(made.map((each) => inspect(each).split(" ")[0])));`;
  const names = ["Tensor", "PartialStatistics", "BatchNorm"];
  for (const condition of ["node", "default"]) {
    expect(printed(`names-${condition}.mjs`, source, ["-C", condition])).toEqual(names);
  }
});

/** The files that an import reads: that of the entry, and those that it names. */
function filesOf(url: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(url)) return found;
  const text = readFileSync(fileURLToPath(url), "utf8");
  found.set(url, text);
  for (const [, name] of text.matchAll(/(?:^|[;}])(?:import|export)[^"';]*?(?:from)?"(\.[^"]+)"/gm)) {
    filesOf(new URL(name, url).href, found);
  }
  return found;
}

describe("what Node reads of", () => {
  /** Characters in all, which engines read before they run any, and of what is not one of the embedded modules. */
  const LIMITS = {
    halfnorm: { files: 2, all: 360_448, program: 162_400 },
    "halfnorm/layers": { files: 2, all: 104_192, program: 51_500 },
  };

  it.each(Object.entries(LIMITS))("%s", (entry, limits) => {
    const source = `console.log(JSON.stringify(import.meta.resolve("${entry}")));`;
    const files = filesOf(String(printed("resolve.mjs", source)));
    const text = [...files.values()].join("");
    const program = text.replaceAll(/"[A-Za-z0-9+/=]{1000,}"/g, '""');
    console.log(`${entry}: ${files.size} files, ${text.length} characters, ${program.length} without the modules`);
    expect(files.size).toBe(limits.files);
    expect(text.length).toBeLessThanOrEqual(limits.all);
    expect(program.length).toBeLessThanOrEqual(limits.program);
    // what is only one byte a character takes half of the memory, and no decoder
    expect([...text].every((character) => character < "\x80")).toBe(true);
    for (const url of files.keys())
      expect(dirname(fileURLToPath(url))).toBe(join(consumer, "node_modules/halfnorm/dist/node"));
  });

  it("has the tables of kernels that others have, frozen as they are", () => {
    const file = pathToFileURL(join(consumer, "node_modules/halfnorm/dist/index.js")).href;
    const source = `
      import { isDeepStrictEqual } from "node:util";
      import * as here from "halfnorm";
      import * as others from "${file}";
      const frozen = (value) => typeof value !== "object" || value === null
        || (Object.isFrozen(value) && Object.values(value).every(frozen));
      console.log(JSON.stringify(["kernels", "kernelDetails"].map((name) => [
        isDeepStrictEqual(here[name], others[name]), frozen(here[name]), frozen(others[name]),
      ])));`;
    const alike = [true, true, true];
    expect(printed("tables.mjs", source)).toEqual([alike, alike]);
  });

  it("either compiles nothing", () => {
    const source = `
      let compiled = 0;
      WebAssembly.Module = new Proxy(WebAssembly.Module, { construct: (made, given) => { compiled++; return new made(...given); } });
      const { norm } = await import("halfnorm");
      const before = compiled;
      norm(new Float32Array(4));
      console.log(JSON.stringify([before, compiled]));`;
    expect(printed("compiled.mjs", source)).toEqual([0, 1]);
  });
});
