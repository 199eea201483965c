// The documentation beside the page: every link in it leads to a file, or a heading, that is there.

import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { filesIn } from "../support/folder.js";

const DIST = fileURLToPath(new URL("../../site/dist", import.meta.url));

it("leads nowhere that is not there", () => {
  const files = filesIn(DIST);
  const pages = [...files]
    .filter(([name]) => /^docs\/.*\.html$/.test(name))
    .map(([name, body]) => [name, String(body)] as const);
  expect(pages.length).toBeGreaterThan(100);
  const ids = new Map(
    pages.map(([name, html]) => [name, new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))]),
  );
  const lost: string[] = [];
  for (const [name, html] of pages) {
    if (!html.includes(`href="${posix.relative(posix.dirname(name), "index.html")}"`))
      lost.push(`${name}: no way back`);
    if (!html.includes('<link rel="icon" href="data:,"')) lost.push(`${name}: an icon that is not there`);
    for (const [, link] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, id] = link.replaceAll("&amp;", "&").split("#").map(decodeURIComponent);
      const to = path ? posix.join(posix.dirname(name), path) : name;
      const known = ids.get(to);
      if (!files.has(to) || (id && known && !known.has(id))) lost.push(`${name}: ${link}`);
    }
  }
  expect(lost).toEqual([]);
});
