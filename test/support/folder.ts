// Folders as tests take them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files in a folder and in those within it, by their paths from there, with "/". */
export function filesIn(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}
