/** Folders that are removed with what tests have put into them. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of the calling test file's own, removed when its tests are done. */
export function temporaryFolder(): { path(name: string): string; write(name: string, bytes: Uint8Array): string } {
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(path(name), bytes);
    return path(name);
  };
  return { path, write };
}
