// What the page is made of has its licence beside it: packages that its sources name, theirs, and those that the package has in it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { filesIn } from "../support/folder.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const textsOf = (path: string): string[] => read(path).split(`\n${"-".repeat(80)}\n\n`);
const manifestOf = (folder: string) => JSON.parse(read(`${folder}package.json`));

it("names the licences of all that is in the page", () => {
  const texts = textsOf("site/dist/LICENSES.txt");
  expect(texts).toEqual(expect.arrayContaining(textsOf("dist/LICENSES.txt")));
  const sources = [...filesIn(fileURLToPath(new URL("site", ROOT)))]
    .filter(([name]) => /^(main|page|shared|worker).*\.ts$/.test(name))
    .map(([, body]) => String(body))
    .join("\n");
  const named = Object.keys(manifestOf("").devDependencies).filter((name) => sources.includes(`from "${name}`));
  expect(named.length).toBeGreaterThan(2);
  const folderOf = (name: string) => `node_modules/${name}/`;
  for (const name of named) {
    const { version, dependencies = {} } = manifestOf(folderOf(name));
    // the modules of onnxruntime-web have in them what it depends on
    const others = name === "onnxruntime-web" ? [] : Object.keys(dependencies);
    const begins = others.map((each) => `${each} ${manifestOf(folderOf(each)).version}\n\n`);
    for (const begin of [`${name} ${version}\n\n`, ...begins]) {
      expect(
        texts.filter((text) => text.startsWith(begin)),
        begin,
      ).toHaveLength(1);
    }
  }
  // each with a text, and not a name alone
  for (const text of texts) expect(text.length, text.slice(0, 40)).toBeGreaterThan(700);
});
