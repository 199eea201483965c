// Licences of the packages that are bundled, as one text.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
const require = createRequire(import.meta.url);

/**
 * The folder of the package that a file belongs to, from this one on; undefined where it is of none.
 *
 * @param {string} path
 * @returns {string | undefined}
 */
export function packageOf(path) {
  const [folder] =
    /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(path.replace("\0", "").replace(fileURLToPath(root), "")) ?? [];
  return folder;
}

/** Where a package has no text of its licence beside it: who it is by, and the text of the licence that it names. */
function standard({ name, author, license }) {
  const names = license.match(/[\w.+-]+/g).filter((word) => word !== "AND" && word !== "OR");
  const by = typeof author === "string" ? author : (author?.name ?? `the authors of ${name}`);
  const texts = names.map((each) => require(`spdx-license-list/licenses/${each}.json`).licenseText.trim());
  return [`Licence: ${license}. Copyright (c) ${by}`, ...texts].join("\n\n");
}

/** The name and the version of a package, then its licence and its notices. */
function licenceOf(folder) {
  const manifest = JSON.parse(readFileSync(new URL(`${folder}package.json`, root), "utf8"));
  const files = readdirSync(new URL(folder, root)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  const texts = files.map((name) => readFileSync(new URL(folder + name, root), "utf8").trim());
  if (!files.some((name) => !/^notice/i.test(name))) texts.unshift(standard(manifest));
  return `${manifest.name} ${manifest.version}\n\n${texts.join("\n\n")}\n`;
}

const BETWEEN = `\n${"-".repeat(80)}\n\n`;

/**
 * @param {Iterable<string | undefined>} folders Those of the packages, as packageOf() has them.
 * @param {string} [others] A text of this kind, whose packages are added.
 * @returns {string}
 */
export function licencesOf(folders, others) {
  const own = [...new Set(folders)].filter((folder) => folder !== undefined).map(licenceOf);
  return [...new Set([...own, ...(others?.split(BETWEEN) ?? [])])].sort().join(BETWEEN);
}
