// Packs the package as npm publishes it and installs that into an empty project, once for all tests of this folder.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { installTools, NEXT } from "./tools.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of a project that has the packed package installed. */
    consumer: string;
    /** Folder of another one that has the optional peers, too: TensorFlow.js and onnxruntime. */
    peers: string;
    /** The packed file. */
    tarball: string;
    /** Folder of the tools of tools.ts; empty where they cannot be had. */
    tools: string;
    /** Folder of Next, which is to have one of its own; empty where it cannot be had. */
    next: string;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const npm = async (args: string[], cwd: string) => (await run("npm", args, { cwd })).stdout;

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-package-"));
  // npm test and npm run check:package have just built it
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(await npm(pack, ROOT));
  const tarball = join(folder, filename);
  const install = async (name: string, ...others: string[]): Promise<string> => {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
    await npm(["install", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...others], own);
    return own;
  };
  // of the versions that the other tests have
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
  const parts = ["core", "layers", "backend-cpu"].map((part) => `@tensorflow/tfjs-${part}`);
  const others = [...parts, "onnxruntime-web"].map((name) => `${name}@${versionOf(name)}`);
  const [consumer, peers, tools, next] = await Promise.all([
    install("consumer"),
    install("peers", ...others),
    installTools(),
    installTools(NEXT),
  ]);
  project.provide("consumer", consumer);
  project.provide("peers", peers);
  project.provide("tarball", tarball);
  project.provide("tools", tools ?? "");
  project.provide("next", next ?? "");
  return () => rmSync(folder, { recursive: true, force: true });
}
