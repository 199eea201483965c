// What is in the package, and whether its manifest is right for everyone who imports it.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publint } from "publint";
import { describe, expect, inject, it } from "vitest";
import { packageOf } from "../../scripts/licences.mjs";
import { filesIn } from "../support/folder.js";

const ROOT = new URL("../..", import.meta.url);
const consumer = inject("consumer");
const installed = join(consumer, "node_modules", "halfnorm");
const bin = (name: string) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
const files = [...filesIn(installed).keys()].sort();
const scripts = files.filter((file) => file.endsWith(".js"));
const COMMAND_LINE = "dist/cli/";
/** Scripts that only hand on what is in others. */
const HANDED_ON = ["dist/layers.js", "dist/load.js", "dist/node/layers.js"];
/** Scripts that people may come to read, with a map. */
const readable = scripts.filter((file) => !/^dist\/(cli\/|halfnorm\.min\.js|workerd-layers\.js)/.test(file));

describe("the packed files", () => {
  it("are what a user needs, and nothing else", () => {
    const outside = files.filter((file) => !file.startsWith("dist/"));
    const samples = ["README.md", "transformer-residual-outlier.npy", "transformer-residual-outlier-64.npy"].map(
      (name) => `samples/${name}`,
    );
    expect(outside.toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...samples].toSorted());
    expect(files.filter((file) => file.startsWith("dist/") && !/\.(js|d\.ts|js\.map)$/.test(file))).toEqual([
      "dist/LICENSES.txt",
      "dist/diagnosis.schema.json",
      "dist/halfnorm.wasm",
    ]);
  });

  it("have a source map with its sources for every script but the command line and the minified one", () => {
    expect(readable.length).toBeGreaterThan(0);
    for (const script of readable) {
      const map = JSON.parse(readFileSync(join(installed, `${script}.map`), "utf8"));
      if (HANDED_ON.includes(script)) continue;
      expect(map.sources.length).toBeGreaterThan(0);
      // what reads models comes with its entry, the loader with what is for Node
      const foreign = script.startsWith("dist/node/") ? "@assemblyscript/loader" : "@bufbuild/protobuf";
      const own = map.sources.filter((source: string) => !source.includes(`node_modules/${foreign}/`));
      for (const source of own) expect(source).toMatch(/^(\.\.\/)+src\/[\w./-]+\.ts$/);
      for (const content of map.sourcesContent) expect(content.length).toBeGreaterThan(0);
      expect(map.sourcesContent).toHaveLength(map.sources.length);
    }
  });

  it("name the licences of all that is bundled, which ask for no more than to be named", async () => {
    const licences = readFileSync(join(installed, "dist", "LICENSES.txt"), "utf8");
    const { metafile } = await build({
      absWorkingDir: fileURLToPath(ROOT),
      entryPoints: ["src/cli/main.ts", "src/onnx/index.ts", "node_modules/@assemblyscript/loader/index.js"],
      outdir: "build",
      bundle: true,
      platform: "node",
      format: "esm",
      splitting: true,
      write: false,
      metafile: true,
    });
    const folders = new Set(Object.keys(metafile.inputs).map((path) => packageOf(path)));
    folders.delete(undefined);
    expect(folders.size).toBeGreaterThan(20);
    for (const folder of folders) {
      const { name, version, license } = JSON.parse(readFileSync(new URL(`${folder}package.json`, ROOT), "utf8"));
      expect(licences).toContain(`${name} ${version}\n\n`);
      expect(license, name).toMatch(/^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause)( AND (Apache-2\.0|BSD-3-Clause))?\)?$/);
    }
    // each with a text, and not a name alone
    for (const text of licences.split(`\n${"-".repeat(80)}\n\n`)) expect(text.length).toBeGreaterThan(700);
  });

  it("have what their texts lead to", () => {
    for (const name of ["CHANGELOG.md", "README.md", "samples/README.md"]) {
      const text = readFileSync(join(installed, name), "utf8");
      // relative links lead into the repository, where npm shows them: test/documents.test.ts
      for (const [, path] of text.matchAll(/\bnode_modules\/halfnorm\/([\w./-]+)/g)) expect(files).toContain(path);
    }
  });

  it("depend on the loader alone and run nothing when installed", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(Object.keys(manifest.dependencies)).toEqual(["@assemblyscript/loader"]);
    const peers = Object.keys(manifest.peerDependencies);
    expect(peers.map((name) => manifest.peerDependenciesMeta[name])).toEqual(peers.map(() => ({ optional: true })));
    for (const script of ["preinstall", "install", "postinstall"]) expect(manifest.scripts).not.toHaveProperty(script);
    expect(readdirSync(join(consumer, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "@assemblyscript",
      "halfnorm",
    ]);
  });

  it("use no module of Node but for the command line", () => {
    for (const script of scripts.filter((file) => !file.startsWith(COMMAND_LINE))) {
      const text = readFileSync(join(installed, script), "utf8");
      expect(text).not.toMatch(/\bfrom "node:|\brequire\(|\bprocess\./);
      expect(text).not.toMatch(/\bcli\//);
    }
  });

  it("have a command line that runs, on threads too", () => {
    const halfnorm = (...args: string[]) =>
      execFileSync(join(consumer, "node_modules", ".bin", "halfnorm"), args, { encoding: "utf8", stdio: "pipe" });
    expect(halfnorm("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
    const file = fileURLToPath(new URL("../../samples/digits-cnn.safetensors", import.meta.url));
    const { passes } = JSON.parse(halfnorm("compare", file, file, "--tolerance-ulp", "0", "--jobs", "2", "--json"));
    expect(passes).toBe(true);
  });
});

describe("the manifest", () => {
  it("passes publint", async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true, level: "suggestion" });
    expect(messages).toEqual([]);
  });

  it("exports the JSON Schema of diagnoses", () => {
    const source = 'import s from "halfnorm/diagnosis.schema.json" with { type: "json" }; console.log(s.title);';
    const title = execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", source], {
      cwd: consumer,
    });
    expect(title.toString().trim()).toBe("halfnorm.diagnosis/1");
  });

  it("gives types to every kind of import (arethetypeswrong)", () => {
    // require() of a module is what the rule warns of: it works from the least version of Node on (entries.check.ts, runtimes.check.ts)
    const args = [inject("tarball"), "--ignore-rules", "cjs-resolves-to-esm"];
    // exits with 1 when it finds a problem
    expect(() => execFileSync(bin("attw"), args, { stdio: "pipe" })).not.toThrow();
  });
});
