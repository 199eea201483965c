/** npm run accuracy: the error of every function against the oracle, held to budgets. */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { pattern, refuse } from "../../bench/harness/options.mjs";
import { FUNCTIONS, measure, type Row } from "./measure.js";
import { comparePeers, type PeerRow, peersAreInstalled } from "./peers.js";
import { HEADING, lineOf, pageOf, peerLine } from "./table.js";

const USAGE = `usage: npm run accuracy -- [options]

  --filter PATTERN   only what has PATTERN (a regular expression, any case) in "function/distribution"
  --seed N           of the data, 1 if not given
  --peers            other libraries beside it, which npm run bench:peers has installed
  --write            docs/accuracy.md, of all functions
`;

function read() {
  const [text, flag] = [{ type: "string" }, { type: "boolean" }] as const;
  try {
    return parseArgs({ options: { filter: text, seed: text, peers: flag, write: flag, help: flag } }).values;
  } catch (error) {
    return refuse((error as Error).message, USAGE);
  }
}

const { filter = "", seed: given = "1", peers, write, help } = read();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const seed = Number(given);
if (!Number.isSafeInteger(seed) || seed < 0 || given === "")
  refuse(`--seed must be an integer from 0 on, got ${given}`, USAGE);
if (write && filter) refuse("--write is of all functions: without --filter", USAGE);
if (peers && !peersAreInstalled())
  refuse("--peers needs the libraries in bench/peers: npm run bench:peers installs them", USAGE);
const only = pattern(filter, USAGE);

console.log(`seed ${seed}; errors in ulp\n${HEADING}`);
const sections: Record<string, Row[]> = {};
for (const [title, functions] of Object.entries(FUNCTIONS)) {
  for (const measured of functions) {
    const row = measure(measured, only, seed);
    if (!row) continue;
    sections[title] = [...(sections[title] ?? []), row];
    console.log(lineOf(row));
  }
}
const rows = Object.values(sections).flat();
if (rows.length === 0) refuse(`nothing matches --filter ${filter}`, USAGE);
let others: PeerRow[] = [];
if (peers) {
  others = await comparePeers(seed);
  for (const row of others) console.log(peerLine(row));
}
if (write) writeFileSync(new URL("../../docs/accuracy.md", import.meta.url), pageOf(sections, others, seed));
const beyond = rows.flatMap((row) => row.beyond);
for (const line of beyond) console.error(`over its budget: ${line}`);
const within = rows.length === 1 ? "1 function within its budget" : `${rows.length} functions within their budgets`;
console.log(beyond.length ? `over their budgets: ${beyond.length}` : within);
if (beyond.length) process.exitCode = 1;
