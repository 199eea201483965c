/** The command line: as it is built, in a process of its own, or from its sources in this one. */
import { execFile, type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { BAD_USAGE } from "../../src/cli/terminal/checks.js";
import { failureLine } from "../../src/cli/terminal/errors.js";

const BIN = fileURLToPath(new URL("../../dist/cli/halfnorm.js", import.meta.url));
export const SAMPLES = fileURLToPath(new URL("../../samples/", import.meta.url));
export const FIXTURES = fileURLToPath(new URL("../fixtures/tensors/", import.meta.url));

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs halfnorm in the folder of the samples. */
export function halfnorm(
  args: readonly string[],
  input?: Uint8Array | string,
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const options = { cwd: SAMPLES, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 2 ** 26 } as const;
    const child = execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
    child.stdin?.on("error", () => {}); // it may not be read to its end
    child.stdin?.end(input);
  });
}

/** The same in this process: what a command loads is loaded once for all that a test file runs. */
export async function halfnormHere(args: readonly string[], columns = 80): Promise<Result> {
  const result: Result = { code: 0, stdout: "", stderr: "" };
  const written = vi.spyOn(process.stdout, "write").mockImplementation((...given: unknown[]) => {
    result.stdout += given[0];
    (given.at(-1) as () => void)();
    return true;
  });
  vi.stubEnv("COLUMNS", String(columns));
  try {
    result.code = await run(args);
  } catch (error) {
    result.code = BAD_USAGE;
    result.stderr = failureLine(error);
  } finally {
    written.mockRestore();
    vi.unstubAllEnvs();
  }
  return result;
}

/** Runs a line of a shell that has $NODE and $BIN. */
export function shell(line: string): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE: process.execPath, BIN };
    execFile("/bin/sh", ["-c", line], { cwd: SAMPLES, encoding: "utf8", env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

/** Starts halfnorm; the caller ends it. */
export const start = (args: readonly string[], options: SpawnOptionsWithoutStdio = {}) =>
  spawn(process.execPath, [BIN, ...args], { cwd: SAMPLES, ...options });

/** One line on standard error, and the exit code of bad usage. */
export function refusal({ code, stdout, stderr }: Result): string {
  if (code !== 2 || stdout !== "" || !/^halfnorm: [^\n]+\n$/.test(stderr)) {
    throw new Error(`no refusal: exit code ${code}, ${JSON.stringify({ stdout, stderr })}`);
  }
  return stderr.slice("halfnorm: ".length, -1);
}
