/**
 * Writes docs/kernels.md, the kernels of runtimes as a table, from what the package as it is built says of them.
 * With --check it writes nothing, and exits with 1 where the file is another one.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { kernelDetails, kernels } from "../dist/index.js";

const file = new URL("../docs/kernels.md", import.meta.url);

/** "`{ compute: "float16", order: { lanes: 64 } }`", as it is written in a program. */
const literal = (value) =>
  typeof value === "object"
    ? `{ ${Object.entries(value)
        .map(([key, each]) => `${key}: ${literal(each)}`)
        .join(", ")} }`
    : JSON.stringify(value);

/** Notes by their numbers: most of them are said of many kernels. */
const notes = [...new Set(Object.values(kernelDetails).flatMap(({ notModelled }) => notModelled))];
const numbers = (own) => own.map((note) => notes.indexOf(note) + 1).join(", ");

function row([name, { when, kind, notModelled, source }]) {
  const from = source ? `${source.repository} \`${source.file}\`, ${source.version}` : "";
  const title = when ? `${name} (${when})` : name;
  return `| ${[title, kind, `\`${literal(kernels[name])}\``, numbers(notModelled), from].join(" | ")} |`;
}

const text = `---
title: Kernels of runtimes
---

# Kernels of runtimes

Written by \`node scripts/kernel-table.mjs\` from \`kernels\` and \`kernelDetails\`; \`npm run check\` holds it against them.

The first four rows are the kinds of kernels that there are; the others are named by runtime and operator, and where there is
no operator it is all that the runtime has. Each was read in the file beside it, at that commit or on that day, and nowhere else:
other versions may differ, and what a file leaves to a library that is closed or was not read is among the notes. None was run on
a device. Numbers are those of the list below: what a kernel does otherwise than its arithmetic says, so that its bits may be
others.

| kernel | kind | arithmetic | otherwise | read in |
|---|---|---|---|---|
${Object.entries(kernelDetails).map(row).join("\n")}

${notes.map((note, i) => `${i + 1}. ${note[0].toUpperCase()}${note.slice(1)}.`).join("\n")}
`;

const current = existsSync(file) ? readFileSync(file, "utf8") : undefined;
if (process.argv.includes("--check")) {
  if (current !== text) {
    console.error(
      "docs/kernels.md is not what the table of kernels says: node scripts/kernel-table.mjs writes it anew",
    );
    process.exitCode = 1;
  }
} else if (current !== text) {
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, text);
}
