// halfnorm/tfjs in a project that has TensorFlow.js: one engine and one TensorFlow.js, in Node and in a page.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isMissing, launch, resultOf, type Site, serve } from "../support/browsers.js";
import { bundle } from "./bundle.js";

const peers = inject("peers");
const file = (name: string) => join(peers, "node_modules", "halfnorm", "dist", name);

/** Trains a little, and loads the model, which finds its layer by name. */
const SOURCE = `
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { layers, loadLayersModel, sequential } from "@tensorflow/tfjs-layers";
import { memory } from "halfnorm";
import { batchNormalization } from "halfnorm/tfjs";

async function compute() {
  const model = sequential({ layers: [batchNormalization({ norm: "l1", inputShape: [3] }), layers.dense({ units: 1 })] });
  model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
  await model.fit(tf.ones([8, 3]), tf.ones([8, 1]), { verbose: 0 });
  let artifacts;
  await model.save(tf.io.withSaveHandler(async (saved) => { artifacts = saved; return { modelArtifactsInfo: {} }; }));
  const [layer] = (await loadLayersModel(tf.io.fromMemory(artifacts))).layers;
  // the engine that the layer works with is the one that is seen from here
  const before = memory().bytes;
  tf.tidy(() => { batchNormalization({ axis: 1 }).apply(tf.ones([4, 1 << 18]), { training: true }); });
  return [layer instanceof layers.Layer, layer.getClassName(), memory().bytes > before];
}`;
const EXPECTED = [true, "HalfnormBatchNormalization", true];

it("has neither an engine nor TensorFlow.js within itself", () => {
  const script = readFileSync(file("tfjs/index.js"), "utf8");
  const imports = [...script.matchAll(/^(?:import|export) .*from "(.*)"/gm)].map(([, name]) => name);
  expect([...new Set(imports)].sort()).toEqual(["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "halfnorm"]);
  expect(script.length).toBeLessThan(40_000);
  expect(readFileSync(file("index.js"), "utf8")).not.toContain("@tensorflow");
});

it("works in Node", () => {
  const path = join(peers, "node.mjs");
  writeFileSync(path, `${SOURCE}\nconsole.log(JSON.stringify(await compute()));`);
  const output = execFileSync(process.execPath, [path], { cwd: peers, encoding: "utf8", stdio: "pipe" });
  expect(JSON.parse(output.trim().split("\n").at(-1) as string)).toEqual(EXPECTED);
});

describe.skipIf(isMissing("chromium"))("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch("chromium");
  });
  afterAll(() => browser?.close());

  // webpack takes a minute for TensorFlow.js
  it.each(["esbuild", "vite"] as const)("works in a bundle by %s", async (bundler) => {
    const result = "(result) => { globalThis.result = result; }";
    const files = await bundle(bundler, peers, "shared", `${SOURCE}\ncompute().then(${result}, String);`);
    const page = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="shared.js"></script>';
    const site: Site = { "/index.html": { body: page } };
    for (const [name, body] of files) site[`/${name}`] = { body };
    const { origin, server } = await serve(site);
    expect(await resultOf(browser, `${origin}/index.html`)).toEqual(EXPECTED);
    server.close();
  });
});
