// What is in the package, and whether its manifest and types are right for everyone who imports it.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { publint } from "publint";
import { describe, expect, inject, it } from "vitest";

const consumer = inject("consumer");
const tensorflow = inject("tensorflow");
const installed = join(consumer, "node_modules", "halfnorm");
const bin = (name: string) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
const files = readdirSync(installed, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
  .sort();
const scripts = files.filter((file) => file.endsWith(".js"));
const COMMAND_LINE = "dist/cli/";
/** Scripts that are read as they are: by people, and with a map. */
const readable = scripts.filter((file) => !file.startsWith(COMMAND_LINE) && !file.endsWith(".min.js"));

describe("the packed files", () => {
  it("are what a user needs, and nothing else", () => {
    const outside = files.filter((file) => !file.startsWith("dist/"));
    expect(outside).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(files.filter((file) => file.startsWith("dist/") && !/\.(js|d\.ts|js\.map)$/.test(file))).toEqual([
      "dist/LICENSES.txt",
      "dist/diagnosis.schema.json",
      "dist/halfnorm.wasm",
    ]);
  });

  it("have a source map with its sources for every script that is not minified", () => {
    expect(readable.length).toBeGreaterThan(0);
    for (const script of readable) {
      const map = JSON.parse(readFileSync(join(installed, `${script}.map`), "utf8"));
      // load.js hands on what is in given.js
      if (script !== "dist/load.js") expect(map.sources.length).toBeGreaterThan(0);
      for (const source of map.sources) expect(source).toMatch(/^(\.\.\/)+src\/[\w./-]+\.ts$/);
      for (const content of map.sourcesContent) expect(content.length).toBeGreaterThan(0);
      expect(map.sourcesContent).toHaveLength(map.sources.length);
    }
  });

  it("name the licences of what came with them", () => {
    const licences = readFileSync(join(installed, "dist", "LICENSES.txt"), "utf8");
    for (const name of ["@assemblyscript/loader", "@observablehq/plot", "pend", "yauzl"]) {
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n\\n\\S`, "m"));
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
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
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
    const args = [inject("tarball"), "--profile", "esm-only", "--exclude-entrypoints", "./halfnorm.wasm"];
    // exits with 1 when it finds a problem
    expect(() => execFileSync(bin("attw"), args, { stdio: "pipe" })).not.toThrow();
  });
});

describe("the types", () => {
  const RESOLUTIONS = [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ];
  /** What the compiler has to say about a script, under every module resolution. */
  const compile = (project: string, source: string, options: string[]) => {
    writeFileSync(join(project, "types.ts"), source);
    const base = ["--noEmit", "--strict", "--target", "es2022", "--types", "", ...options];
    const run = (more: string[]) =>
      execFileSync(bin("tsc"), [...base, ...more, "types.ts"], { cwd: project, encoding: "utf8" });
    return RESOLUTIONS.map(run).join("");
  };
  const source = `
    import { batchNorm, compare, diagnose, layerNorm, norm, tensor } from "halfnorm";
    import type { Comparison, Diagnosis, ErrorStatistics, Norm, TensorLike } from "halfnorm";
    const norms: Norm[] = ["l1", "l2", "linf", "range", { topk: 10 }, { lp: 3 }];
    const inputs: TensorLike[] = [new Float32Array(4), new Uint16Array(4), { data: new Float32Array(4), shape: [2, 2] }];
    for (const chosen of norms) for (const input of inputs) norm(input, { norm: chosen, arithmetic: "float16" });
    const resident = tensor(new Float32Array(8), [2, 4]);
    layerNorm(resident, { arithmetic: { compute: "float16", accumulate: "exact", order: "pairwise" } });
    batchNorm(resident, { norm: "l1" }).dispose();
    const diagnosis: Diagnosis = diagnose(resident, { arithmetic: "float16", layer: "layer" });
    const comparison: Comparison = compare(resident, resident);
    const errors: ErrorStatistics[] = [diagnosis.error, comparison];
    // @ts-expect-error an arithmetic is needed
    diagnose(resident, { layer: "layer" });
    // @ts-expect-error a norm that does not exist
    norm(resident, { norm: "l3" });
    // @ts-expect-error an option that does not exist
    batchNorm(resident, { axes: [0] });
  `;

  it("compile without skipLibCheck", () => {
    expect(compile(consumer, source, ["--lib", "es2022,dom"])).toBe("");
  });

  it("of the layers for TensorFlow.js compile, with skipLibCheck for its own", () => {
    const source = `
      import { layers, sequential } from "@tensorflow/tfjs-layers";
      import { batchNormalization, rmsNormalization, weightNormalization, type BatchNormalizationArgs } from "halfnorm/tfjs";
      const args: BatchNormalizationArgs = { norm: { topk: 10 }, momentum: 0.9, gammaInitializer: "ones", inputShape: [4] };
      const layer: layers.Layer = batchNormalization(args);
      sequential({ layers: [layer, weightNormalization({ layer: layers.dense({ units: 1 }), norm: "l1" })] });
      // @ts-expect-error a norm that does not exist
      batchNormalization({ norm: "l3" });
      // @ts-expect-error an argument that has another name here
      batchNormalization({ movingVarianceInitializer: "ones" });
      // @ts-expect-error subtracting the mean is what this does not do
      rmsNormalization({ norm: "none" });
    `;
    expect(compile(tensorflow, source, ["--lib", "es2022,dom", "--skipLibCheck"])).toBe("");
  });
});

describe("the README", () => {
  const blocks = [...readFileSync(join(installed, "README.md"), "utf8").matchAll(/^```js\n(.*?)^```/gms)];

  it.each(blocks.map(([, code], i) => [i + 1, code] as const))("has example %i that runs", async (i, source) => {
    const { code } = await transform(source, { target: "es2022", format: "esm" }); // Node 20 knows no `using`
    const file = join(source.includes("@tensorflow/") ? tensorflow : consumer, `readme-${i}.mjs`);
    writeFileSync(file, code);
    expect(() => execFileSync(process.execPath, [file], { stdio: "pipe" })).not.toThrow();
  });
});
