// The texts in Markdown: their links lead somewhere, each guide says what it is called, for the site, and functions.md leaves out none.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as halfnorm from "../src/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REPOSITORY = "https://github.com/halfnorm/halfnorm/blob/main/";
const RAW = "https://raw.githubusercontent.com/halfnorm/halfnorm/main/";
const guides = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
const documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "samples/README.md", "site/README.md"];

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
/** Code is no text: what looks like a link or a title there is none. */
const textOf = (path: string) => read(path).replaceAll(/^(`{3,}).*?^\1$/gms, "");

/** What GitHub and the site call the headings of a document. */
function anchorsOf(path: string): string[] {
  const titles = [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase());
  return titles.map((title) => title.replaceAll(" ", "-").replaceAll(/[^\p{L}\p{N}_-]/gu, ""));
}

describe.each([...documents, ...guides.map((name) => `docs/${name}`)])("%s", (path) => {
  it("leads to what there is", () => {
    for (const [, link] of textOf(path).matchAll(/\]\(([^)]+)\)/g)) {
      const own = link.startsWith(REPOSITORY) ? link.slice(REPOSITORY.length) : undefined;
      if (own === undefined && link.startsWith("https:")) continue;
      const [file, anchor] = (own ?? link).split("#");
      const target = own === undefined && file ? normalize(join(dirname(path), file)) : file || path;
      expect(existsSync(join(ROOT, target)), `${path} leads to ${link}`).toBe(true);
      if (anchor) expect(anchorsOf(target), `${path} leads to ${link}`).toContain(anchor);
    }
    for (const [, file] of read(path).matchAll(new RegExp(`${RAW}(\\S+)`, "g"))) {
      expect(existsSync(join(ROOT, file)), `${path} fetches ${file}`).toBe(true);
    }
  });
});

it("guides have a title, which is their heading, and stand in the README", () => {
  const readme = read("README.md");
  for (const name of guides) {
    const [, title] = /^---\ntitle: (.+)\n---\n\n# \1\n/.exec(read(`docs/${name}`)) ?? [];
    expect(title, name).toBeDefined();
    expect(readme).toContain(`](docs/${name})`);
  }
});

it("functions.md has everything that is exported", () => {
  const text = read("docs/functions.md");
  expect(Object.keys(halfnorm).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});
