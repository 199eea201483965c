// Packs the package as npm publishes it and installs that into an empty project, once for all tests of this folder.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of a project that has the packed package installed. */
    consumer: string;
    /** Folder of another one that has TensorFlow.js, too. */
    tensorflow: string;
    /** The packed file. */
    tarball: string;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const npm = (args: string[], cwd: string) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: "pipe" });

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-package-"));
  // npm test and npm run check:package have just built it
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], ROOT));
  const tarball = join(folder, filename);
  const install = (name: string, ...others: string[]): string => {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
    npm(["install", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...others], own);
    return own;
  };
  project.provide("consumer", install("consumer"));
  // of the versions that the other tests have
  const versionOf = (name: string): string =>
    JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
  const parts = ["core", "layers", "backend-cpu"].map((part) => `@tensorflow/tfjs-${part}`);
  project.provide("tensorflow", install("tensorflow", ...parts.map((name) => `${name}@${versionOf(name)}`)));
  project.provide("tarball", tarball);
  return () => rmSync(folder, { recursive: true, force: true });
}
