// The three bundlers as a user has them, without configuration: entry points in, files out.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import * as vite from "vite";
import webpack from "webpack";
import { filesIn } from "../support/folder.js";

/** Scripts that a bundler wrote, by name. */
export type Bundle = Map<string, Buffer>;

async function withEsbuild(entry: string, outdir: string): Promise<void> {
  await esbuild.build({ entryPoints: [entry], outdir, bundle: true, minify: true, format: "esm", logLevel: "error" });
}

async function withVite(entry: string, outDir: string, root: string): Promise<void> {
  const output = { entryFileNames: "[name].js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" };
  await vite.build({
    root,
    base: "./",
    configFile: false,
    logLevel: "error",
    build: { outDir, emptyOutDir: false, rollupOptions: { input: entry, output } },
  });
}

async function withWebpack(entry: string, path: string, context: string): Promise<void> {
  const compiler = webpack({
    context,
    mode: "production",
    entry: { [entry.replace(/^.*\/(.*)\.js$/, "$1")]: entry },
    output: { path, publicPath: "auto" },
  });
  if (!compiler) throw new Error("webpack refused its options");
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString({ all: false, errors: true })));
      else compiler.close((failed) => (failed ? reject(failed) : resolve()));
    });
  });
}

export const BUNDLERS = { esbuild: withEsbuild, vite: withVite, webpack: withWebpack };
export type Bundler = keyof typeof BUNDLERS;

/** Bundles one script, given as text, in the folder of a project. The result has the script under `name`.js. */
export async function bundle(bundler: Bundler, consumer: string, name: string, source: string): Promise<Bundle> {
  const sources = join(consumer, "src");
  const out = join(consumer, "out", bundler, name);
  mkdirSync(sources, { recursive: true });
  mkdirSync(out, { recursive: true });
  const entry = join(sources, `${name}.js`);
  writeFileSync(entry, source);
  await BUNDLERS[bundler](entry, out, consumer);
  return filesIn(out);
}
