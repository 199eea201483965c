// Packs the package as npm publishes it and installs that into an empty project, once for all tests of this folder.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of a project that has the packed package installed. */
    consumer: string;
    /** The packed file. */
    tarball: string;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const npm = (args: string[], cwd: string) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: "pipe" });

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-package-"));
  const consumer = join(folder, "consumer");
  mkdirSync(consumer);
  // npm test and npm run check:package have just built it
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], ROOT));
  const tarball = join(folder, filename);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  npm(["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], consumer);
  project.provide("consumer", consumer);
  project.provide("tarball", tarball);
  return () => rmSync(folder, { recursive: true, force: true });
}
