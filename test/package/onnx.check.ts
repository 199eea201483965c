// Models with the packed package: in Node, by the command line, and in a page, with onnxruntime beside it and without.

import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "puppeteer-core";
import { afterAll, describe, expect, inject, it } from "vitest";
import type { ModelDiagnosis } from "../../src/onnx/index.js";
import { isMissing, launch, resultOf, type Site, serve } from "../support/browsers.js";
import { modelBytes } from "../support/onnx-model.js";
import { transformer } from "../support/onnx-networks.js";
import { bundle } from "./bundle.js";

const [consumer, peers] = [inject("consumer"), inject("peers")];
const bytes = modelBytes(transformer(17, false, 60));
writeFileSync(join(peers, "block.onnx"), bytes);
writeFileSync(join(consumer, "block.onnx"), bytes);

const RUN = `
  export const diagnosed = async (ort, diagnoseModel, bytes) =>
    diagnoseModel(bytes, { runtime: ort, random: 1, target: "onnxruntime-web-webgpu" });`;
const facts = ({ layers, keep, effect }: ModelDiagnosis) => ({ layers, keep, effect });

function inNode(): ModelDiagnosis {
  const script = join(peers, "diagnose.mjs");
  writeFileSync(
    script,
    `import * as ort from "onnxruntime-web";
    import { diagnoseModel } from "halfnorm/onnx";
    import { readFileSync } from "node:fs";
    ${RUN}
    console.log(JSON.stringify(await diagnosed(ort, diagnoseModel, readFileSync("block.onnx"))));`,
  );
  return JSON.parse(execFileSync(process.execPath, [script], { cwd: peers, encoding: "utf8" }));
}

it("a model is diagnosed, and by the command line alike", () => {
  const found = inNode();
  expect(found.layers.map(({ kernels }) => kernels[0].verdict)).toEqual(["failed", "ok", "ok"]);
  expect(found.keep["float16 sums"].length).toBe(9);
  const bin = join(peers, "node_modules", ".bin", "halfnorm");
  const line = ["diagnose", "block.onnx", "--random", "1", "--runtime", "onnxruntime-web-webgpu", "--json"];
  const shown = JSON.parse(execFileSync(bin, line, { cwd: peers, encoding: "utf8" }));
  expect(facts(shown)).toEqual(facts(found));
});

it("without onnxruntime, a line says what to install", async () => {
  const bin = join(consumer, "node_modules", ".bin", "halfnorm");
  const failed = promisify(execFile)(bin, ["diagnose", "block.onnx", "--random", "1"], { cwd: consumer });
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stderr:
      "halfnorm: a model is run by onnxruntime, which is not there: npm install onnxruntime-node (or onnxruntime-web)\n",
  });
});

describe.skipIf(isMissing("chromium"))("in Chromium", () => {
  let browser: Browser | undefined;
  let server: Server | undefined;
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it("a model is diagnosed as in Node", async () => {
    const files = await bundle(
      "esbuild",
      peers,
      "models",
      `import * as ort from "onnxruntime-web/wasm";
      import { diagnoseModel } from "halfnorm/onnx";
      ${RUN}
      ort.env.wasm.wasmPaths = "/ort/";
      ort.env.wasm.numThreads = 1;
      const bytes = new Uint8Array(await (await fetch("/block.onnx")).arrayBuffer());
      globalThis.result = await diagnosed(ort, diagnoseModel, bytes).catch((error) => String(error));`,
    );
    const page = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="models.js"></script>`;
    const site: Site = { "/index.html": { body: page }, "/block.onnx": { body: bytes } };
    for (const [name, body] of files) site[`/${name}`] = { body };
    const dist = join(peers, "node_modules", "onnxruntime-web", "dist");
    for (const name of readdirSync(dist)) {
      if (/^ort-wasm-simd-threaded\.(?:mjs|wasm)$/.test(name))
        site[`/ort/${name}`] = { body: readFileSync(join(dist, name)) };
    }
    const served = await serve(site);
    server = served.server;
    browser = await launch("chromium");
    const found = await resultOf<ModelDiagnosis>(browser, `${served.origin}/index.html`);
    expect(facts(found)).toEqual(facts(inNode()));
  });
});
