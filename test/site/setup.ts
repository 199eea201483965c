// Serves the page that npm run site:build has written, for all tests of this folder.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { type Site, serve } from "../support/browsers.js";
import { filesIn } from "../support/folder.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the page is. */
    site: string;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = join(ROOT, "site", "dist");
  if (!existsSync(folder)) throw new Error("site/dist is not there: npm run test:browser builds it");
  const site: Site = {};
  for (const [name, body] of filesIn(folder)) site[`/page/${name}`] = { body };
  site["/page/"] = { body: readFileSync(join(folder, "index.html")) };
  const { origin, server } = await serve(site);
  project.provide("site", `${origin}/page/`);
  return () => server.close();
}
