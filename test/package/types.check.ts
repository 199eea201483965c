// The types, for compilers of several years, with and without those of the DOM.

import { describe, expect, inject, it } from "vitest";
import { compile, TSC } from "./compile.js";
import { MISUSE, misuseOf } from "./misuse.js";
import { outputOf, Tools, TYPESCRIPTS } from "./tools.js";

const consumer = inject("consumer");
const peers = inject("peers");

/** The compiler of the project, and those of tools.ts. */
const OWN = "of this project";
const COMPILERS: [version: string, path: string][] = [
  [OWN, TSC],
  ...(inject("tools")
    ? TYPESCRIPTS.map((version): [string, string] => [version, new Tools(inject("tools")).typescript(version)])
    : []),
];
/** Entries that need no peers. */
const ALONE = Object.keys(MISUSE).filter((entry) => entry !== "halfnorm/tfjs");

const SOURCE = `
  import { batchNorm, compare, diagnose, layerNorm, load, norm, tensor } from "halfnorm";
  import type { Comparison, Diagnosis, ErrorStatistics, Halfnorm, Norm, TensorLike } from "halfnorm";
  import { layerNorm as layerNormAlone, Tensor as TensorAlone, type LayerNormOptions } from "halfnorm/layers";
  import { load as loadAlone } from "halfnorm/load";
  import module from "halfnorm/halfnorm.wasm";
  const norms: Norm[] = ["l1", "l2", "linf", "range", { topk: 10 }, { lp: 3 }];
  const inputs: TensorLike[] = [new Float32Array(4), new Uint16Array(4), { data: new Float32Array(4), shape: [2, 2] }];
  for (const chosen of norms) for (const input of inputs) norm(input, { norm: chosen, arithmetic: "float16" });
  const resident = tensor(new Float32Array(8), [2, 4]);
  layerNorm(resident, { arithmetic: { compute: "float16", accumulate: "exact", order: "pairwise" } });
  batchNorm(resident, { norm: "l1" }).dispose();
  const given: LayerNormOptions = { norm: "l1" };
  const alone: TensorAlone = layerNormAlone(resident, given);
  norm(alone);
  { using copy = tensor(resident.slice()); norm(copy); }
  const diagnosis: Diagnosis = diagnose(resident, { arithmetic: "float16", layer: "layer" });
  const comparison: Comparison = compare(resident, resident);
  const errors: ErrorStatistics[] = [diagnosis.error, comparison];
  const instances: Promise<Halfnorm>[] = [load({ bytes: new Uint8Array(4) }), loadAlone({ module, maxBytes: 2 ** 22 })];
  // @ts-expect-error an arithmetic is needed
  diagnose(resident, { layer: "layer" });
  // @ts-expect-error a norm that does not exist
  norm(resident, { norm: "l3" });
  // @ts-expect-error an option that does not exist
  batchNorm(resident, { axes: [0] });
  // @ts-expect-error a module is an object
  load({ module: "halfnorm.wasm" });
`;
const WITH_DOM = `${SOURCE}
  load({ url: new URL("https://example.org/halfnorm.wasm") });
  load({ response: fetch("halfnorm.wasm") });
  load({ module: new WebAssembly.Module(new Uint8Array(8)) });
`;

describe.each(COMPILERS)("TypeScript %s", (version, tsc) => {
  it("takes the types without those of the DOM and of Node", async () => {
    const options = { lib: ["es2022"], module: "nodenext" };
    expect(await compile(tsc, consumer, `without-dom-${version}`, { "a.ts": SOURCE }, options)).toBe("");
  });

  it("takes them as bundlers resolve them, beside those of the DOM", async () => {
    const options = { lib: ["es2022", "dom"], module: "esnext", moduleResolution: "bundler" };
    expect(await compile(tsc, consumer, `with-dom-${version}`, { "a.ts": WITH_DOM }, options)).toBe("");
  });

  // TypeScript 7 does not know it any more
  if (version !== OWN) {
    it("takes them as Node 10 resolved them", async () => {
      const old = { lib: ["es2022", "dom"], module: "esnext", moduleResolution: "node10" };
      const options = version.startsWith("6.") ? { ...old, ignoreDeprecations: "6.0" } : old;
      expect(await compile(tsc, consumer, `node10-${version}`, { "a.ts": WITH_DOM }, options)).toBe("");
    });
  }

  it("refuses what is wrong, of every function", async () => {
    const options = { lib: ["es2022"], module: "nodenext" };
    const files = Object.fromEntries(ALONE.map((entry) => [`${entry.replace("/", "-")}.ts`, misuseOf(entry)]));
    expect(await compile(tsc, consumer, `misuse-${version}`, files, options)).toBe("");
  });
});

it("there is a wrong use of every function", async () => {
  for (const [entry, uses] of Object.entries(MISUSE)) {
    // that of TensorFlow.js is built for its peers
    const source = `import * as all from "${entry}";
      console.log(Object.keys(all).filter((name) => typeof all[name] === "function").sort().join());`;
    const project = entry === "halfnorm/tfjs" ? peers : consumer;
    const names = await outputOf(process.execPath, ["--input-type=module", "-e", source], project);
    expect(Object.keys(uses).sort().join(), entry).toBe(names.trim().split("\n").at(-1));
  }
});

it("the types of the layers for TensorFlow.js compile, without a check of its own", async () => {
  const source = `
    import { layers, sequential } from "@tensorflow/tfjs-layers";
    import { batchNormalization, weightNormalization, type BatchNormalizationArgs } from "halfnorm/tfjs";
    const args: BatchNormalizationArgs = { norm: { topk: 10 }, momentum: 0.9, gammaInitializer: "ones", inputShape: [4] };
    const layer: layers.Layer = batchNormalization(args);
    sequential({ layers: [layer, weightNormalization({ layer: layers.dense({ units: 1 }), norm: "l1" })] });
  `;
  const options = { lib: ["es2022", "dom"], skipLibCheck: true, module: "nodenext" };
  const files = { "a.ts": source, "misuse.ts": misuseOf("halfnorm/tfjs") };
  expect(await compile(TSC, peers, "layers", files, options)).toBe("");
});
