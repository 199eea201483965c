/** The examples run, on the package as it is built. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Runs an example with an empty folder for temporary files; what is left in it afterwards, and what was printed. */
async function run(name: string, ...given: string[]): Promise<{ stdout: string; left: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-examples-"));
  try {
    const path = fileURLToPath(new URL(`../examples/${name}.mjs`, import.meta.url));
    const env = { ...process.env, TMPDIR: folder, TEMP: folder };
    const { stdout } = await promisify(execFile)(process.execPath, [path, ...given], { env });
    return { stdout, left: readdirSync(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("partial statistics by workers are those of the whole", async () => {
  // exits with 1 when they differ by more than 2 ulp
  const { stdout, left } = await run("partial-workers", "4", "2");
  expect(stdout).toContain("a file of 4 MiB, tensor of shape [64, 16, 32, 32]");
  for (const norm of ["L2", "L∞", "range", "L1", "top-10", "L3"]) expect(stdout).toMatch(new RegExp(`│ ${norm} +│`));
  const [, used] = stdout.match(/memory of each (\S+) MiB of 1 allowed/) ?? [];
  expect(Number(used)).toBeLessThanOrEqual(1);
  expect(left).toEqual([]);
});
