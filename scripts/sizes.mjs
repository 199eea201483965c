/**
 * Writes docs/sizes.md: what a bundle of each export of the package weighs, minified by esbuild and gzipped. With --check it writes
 * nothing, and exits with 1 where one has grown by more than is allowed, or is not in the table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = new URL("..", import.meta.url);
const file = new URL("docs/sizes.md", root);
/** A bundle may grow by a hundredth of its size, and by this many bytes, before the table has to be written anew. */
const [SHARE, BYTES] = [0.01, 50];

/** Entries, and what they leave to the packages that they are for. */
const ENTRIES = {
  halfnorm: [],
  "halfnorm/layers": [],
  "halfnorm/load": [],
  "halfnorm/onnx": [],
  "halfnorm/tfjs": ["@tensorflow/*"],
};

async function bundled(contents, external) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(root) },
    external,
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
    outfile: "bundle.js",
    logLevel: "error",
  });
  return { bytes: outputFiles[0].contents, metafile };
}

/** The names that an entry exports. */
async function namesOf(entry, external) {
  const { metafile } = await bundled(`export * from ${JSON.stringify(entry)};`, external);
  return Object.values(metafile.outputs)[0].exports.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

/** Rows "entry name": [minified, gzipped]. */
async function measured() {
  const rows = [];
  for (const [entry, external] of Object.entries(ENTRIES)) {
    const names = await namesOf(entry, external);
    const found = names.map(async (name) => {
      const source = `import { ${name} } from ${JSON.stringify(entry)};\nglobalThis.used = ${name};`;
      const { bytes } = await bundled(source, external);
      return { entry, name, minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
    });
    rows.push(...(await Promise.all(found)));
  }
  return rows;
}

const digits = (n) => n.toLocaleString("en");

function textOf(rows) {
  const tables = Object.keys(ENTRIES).map((entry) => {
    const lines = rows
      .filter((row) => row.entry === entry)
      .map(({ name, minified, gzipped }) => `| \`${name}\` | ${digits(minified)} | ${digits(gzipped)} |`);
    return `## ${entry}\n\n| export | minified | gzipped |\n|---|--:|--:|\n${lines.join("\n")}\n`;
  });
  return `---
title: Sizes of bundles
---

# Sizes of bundles

Bytes of a bundle of each export alone, minified by esbuild, and of that gzipped, with the compiled module and its loader in it.
Bundles of several share nearly all of it. Written by \`npm run sizes:write\`; \`npm run check:package\` fails where one has
grown by more than ${SHARE * 100} % and ${BYTES} bytes. TensorFlow.js is not counted.

${tables.join("\n")}`;
}

/** What the table says, by entry and name. */
function kept() {
  const sizes = new Map();
  let entry = "";
  for (const line of readFileSync(file, "utf8").split("\n")) {
    entry = /^## (.*)$/.exec(line)?.[1] ?? entry;
    const row = /^\| `(\w+)` \| [\d,]+ \| ([\d,]+) \|$/.exec(line);
    if (row) sizes.set(`${entry} ${row[1]}`, Number(row[2].replaceAll(",", "")));
  }
  return sizes;
}

const rows = await measured();
if (process.argv.includes("--check")) {
  const before = kept();
  for (const { entry, name, gzipped } of rows) {
    const was = before.get(`${entry} ${name}`);
    before.delete(`${entry} ${name}`);
    if (was !== undefined && gzipped <= was * (1 + SHARE) + BYTES) continue;
    const said = was === undefined ? "is not in docs/sizes.md" : `was ${was} there`;
    console.error(`${name} of ${entry} weighs ${gzipped} bytes gzipped, and ${said}: npm run sizes:write`);
    process.exitCode = 1;
  }
  for (const gone of before.keys()) {
    console.error(`${gone} of docs/sizes.md is not exported: npm run sizes:write`);
    process.exitCode = 1;
  }
} else writeFileSync(file, textOf(rows));
