// The package where JavaScript runs beside the Node that runs the tests: the least Node that package.json allows, Deno, Bun, Jest and
// the runtime of Cloudflare's workers. The library computes there what it computes here, and the command line ends.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { COMPUTE } from "./compute.js";
import { outputOf, Tools } from "./tools.js";

const consumer = inject("consumer");
const tools = new Tools(inject("tools"));
const installed = join(consumer, "node_modules", "halfnorm");
const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
const ARCHIVE = fileURLToPath(new URL("../fixtures/tensors/deflated.npz", import.meta.url));

/** A script in the project, and its path. */
function script(name: string, source: string): string {
  const path = join(consumer, name);
  writeFileSync(path, source);
  return path;
}

/** What a script prints, as JSON. */
async function computed(program: string, args: readonly string[], path: string): Promise<unknown> {
  return JSON.parse(await outputOf(program, [...args, path], consumer));
}

const PRINT = "console.log(JSON.stringify(compute(halfnorm)));";
const here = (): unknown => {
  const path = script("here.mjs", `import * as halfnorm from "halfnorm";${COMPUTE}${PRINT}`);
  return JSON.parse(execFileSync(process.execPath, [path], { cwd: consumer, encoding: "utf8" }));
};

describe.skipIf(!inject("tools"))("in", () => {
  const expected = here();
  const node = tools.node();
  /** How each runs a script. */
  const RUNTIMES: [name: string, program: string, args: string[]][] = [
    ...(node ? [["the least Node", node, []] as [string, string, string[]]] : []),
    ["Deno", tools.deno(), ["run", "--allow-all"]],
    ["Bun", tools.bun(), []],
  ];

  describe.each(RUNTIMES)("%s", (name, program, args) => {
    const id = name.replaceAll(" ", "-");

    it("computes the same", async () => {
      const path = script(`${id}.mjs`, `import * as halfnorm from "halfnorm";${COMPUTE}${PRINT}`);
      expect(await computed(program, args, path)).toEqual(expected);
    });

    it("computes the same by require()", async () => {
      const path = script(`${id}.cjs`, `const halfnorm = require("halfnorm");${COMPUTE}${PRINT}`);
      expect(await computed(program, args, path)).toEqual(expected);
    });

    it("loads the module by the URL of its file, with nothing embedded", async () => {
      const source = `import { load } from "halfnorm/load";${COMPUTE}
        const halfnorm = await load({ url: import.meta.resolve("halfnorm/halfnorm.wasm") });${PRINT}`;
      expect(await computed(program, args, script(`${id}-load.mjs`, source))).toEqual(expected);
    });

    it("ends the command line, with and without threads", async () => {
      const main = join(installed, "dist", "cli", "halfnorm.js");
      const halfnorm = async (...given: string[]) => {
        const { tensors } = JSON.parse(await outputOf(program, [...args, main, ...given, "--json"], consumer));
        return tensors.length;
      };
      expect(await halfnorm("diagnose", sample("transformer-residual.npy"), "--norm", "l1")).toBe(1);
      expect(await halfnorm("diagnose", ARCHIVE, "--norm", "l1", "--no-remedies")).toBeGreaterThan(1);
      const file = sample("digits-cnn.safetensors");
      for (const jobs of ["1", "2"]) expect(await halfnorm("compare", file, file, "--jobs", jobs)).toBe(17);
    });
  });

  it("Node, and no other version than was tried", () => {
    const { engines } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    if (node) {
      const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
      expect(engines.node.split(" || ")[0]).toBe(`^${version}`);
    }
  });

  describe("Jest", () => {
    const jest = tools.script("jest/bin/jest.js");
    const TEST = `${COMPUTE}
      test("computes the same", () => { expect(compute(halfnorm)).toEqual(${JSON.stringify(expected)}); });`;
    const project = (name: string, manifest: object, test: [name: string, source: string]): string => {
      const folder = join(consumer, name);
      mkdirSync(folder);
      cpSync(join(consumer, "node_modules"), join(folder, "node_modules"), { recursive: true });
      writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
      writeFileSync(join(folder, test[0]), test[1] + TEST);
      return folder;
    };

    it("computes the same in a test that is a module", async () => {
      const source = 'import * as halfnorm from "halfnorm";';
      const folder = project("jest-module", { type: "module", jest: { transform: {} } }, ["a.test.js", source]);
      await outputOf(process.execPath, ["--experimental-vm-modules", jest], folder);
    });

    it("computes the same in a test that is brought to CommonJS, with the package", async () => {
      const jestOptions = { transformIgnorePatterns: ["/node_modules/(?!(halfnorm|@assemblyscript)/)"] };
      const source = 'import * as halfnorm from "halfnorm";';
      const folder = project("jest-commonjs", { jest: jestOptions }, ["a.test.js", source]);
      // what stands in package.json or .babelrc.json does not count for packages
      const plugins = [tools.script("@babel/plugin-transform-modules-commonjs")];
      writeFileSync(join(folder, "babel.config.json"), JSON.stringify({ plugins }));
      await outputOf(process.execPath, [jest], folder);
    });
  });
});
