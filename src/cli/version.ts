// The version of the package.

import { readFileSync } from "node:fs";

export function version(): string {
  // two folders up both in src/cli and in dist/cli
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}
