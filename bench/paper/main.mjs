/**
 * npm run paper: the statements of the paper that can be tried on one small machine, and what was found, as Markdown.
 */

import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { refuse } from "../harness/options.mjs";
import { readDataset, syntheticDataset } from "./dataset.mjs";
import { readOptions, USAGE } from "./options.mjs";
import { trainingPool } from "./pool.mjs";
import { progressOn } from "./progress.mjs";
import { report } from "./report.mjs";
import { plain } from "./statement.mjs";
import { STATEMENTS } from "./statements.mjs";

const started = performance.now();
const { data, ids, seeds, quick, out, partial } = readOptions(STATEMENTS.map(({ id }) => id));

/** @type {import("./dataset.mjs").Dataset} */
let dataset;
try {
  dataset = data === undefined ? syntheticDataset() : readDataset(data);
} catch (error) {
  refuse(/** @type {Error} */ (error).message, USAGE);
}

// on standard error where the results themselves go to standard output
const target = out ?? (partial ? undefined : fileURLToPath(new URL("./RESULTS.md", import.meta.url)));
const progress = progressOn(target === undefined ? process.stderr : process.stdout);
let current = "";
const pool = trainingPool(dataset, (done, total) => progress.show(`${current}: ${done} of ${total} trainings`));

const found = [];
for (const statement of STATEMENTS.filter(({ id }) => ids.includes(id))) {
  current = `${statement.id}. ${statement.title}`;
  progress.show(current);
  const finding = await statement.examine({ dataset, seeds, quick, train: pool.train });
  progress.line(
    `${String(statement.id).padStart(2)}. ${finding.verdict.padEnd(14)} ${statement.title}: ${plain(finding.measured)}`,
  );
  found.push({ statement, finding });
}
await pool.close();

const command = ["npm run paper --", ...(data === undefined ? [] : ["--data", basename(data)])].join(" ");
const text = report(found, { data: dataset.name, command, seeds, quick });
if (target === undefined) process.stdout.write(text);
else writeFileSync(target, text);
const seconds = (performance.now() - started) / 1000;
progress.line(`${seconds.toFixed(0)} s${target === undefined ? "" : `, ${target}`}`);
