/**
 * npm run bench:write: measures, keeps the results in bench/results.json, and writes bench/RESULTS.md and the tables of the README
 * from what is kept.
 */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withTables } from "./readme-section.mjs";
import { resultsText } from "./results-text.mjs";
import { merged, readStored, writeStored } from "./stored.mjs";

const USAGE = `usage: npm run bench:write -- [options]

  --only PATTERN   only what has PATTERN (a regular expression, any case) in its id; the rest is kept as it is
  --rounds N       samples of each contender
  --peers          the other libraries alone, which npm run bench:peers has installed
  --own            halfnorm against loops alone
  --stored         measures nothing: the texts alone, from bench/results.json
`;

const flag = /** @type {const} */ ({ type: "boolean" });
const text = /** @type {const} */ ({ type: "string" });
const options = { only: text, rounds: text, peers: flag, own: flag, stored: flag, help: flag };
const { values } = parseArgs({ options });
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

/**
 * What a benchmark prints as JSON; nothing when none of its rows is asked for.
 * @param {string} script
 * @param {string[]} args
 */
function run(script, args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawnSync(process.execPath, [path, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });
  if (child.status === 2 && child.stderr.startsWith("nothing matches")) return undefined;
  process.stderr.write(child.stderr);
  if (child.status !== 0) throw new Error(`${script} ended with ${child.status ?? child.signal}`);
  return child.stdout;
}

const old = readStored();
const asked = [...(values.only === undefined ? [] : ["--only", values.only])];
const args = [...asked, ...(values.rounds === undefined ? [] : ["--rounds", values.rounds]), "--json"];
if (!values.stored) {
  const [own, others] = [
    values.peers ? undefined : run("../main.mjs", args),
    values.own ? undefined : run("../peers/main.mjs", args),
  ].map((found) => (found === undefined ? undefined : JSON.parse(found)));
  const made = own ?? others;
  if (!made) throw new Error(`nothing matches --only ${values.only}`);
  const { machine } = made;
  if (old && values.only !== undefined && JSON.stringify(machine) !== JSON.stringify(old.machine)) {
    throw new Error("the rest of bench/results.json is from another machine: measure it as a whole");
  }
  const ids = run("../main.mjs", ["--list", "--checks"])?.trim().split("\n");
  /** @type {import("./stored.mjs").Measurement[]} */
  const found = (own?.measurements ?? []).map((/** @type {object} */ each) => ({
    ...each,
    rounds: made.effort.rounds,
  }));
  const measurements = merged(old?.measurements ?? [], found, ({ id }) => id, ids);
  const kept = values.only === undefined && others ? [] : (old?.peers ?? []);
  const nameOf = (/** @type {string} */ name) => name.replace(/ \d[\d.]*/, ""); // with another version, it takes the same place
  const peers = merged(kept, others?.lines ?? [], (line) =>
    [line.operation, line.shape, nameOf(line.name), line.data].join(),
  );
  writeStored({ machine, measurements, peers });
}

const stored = readStored();
if (!stored) throw new Error("there is no bench/results.json yet: measure first");
const readme = new URL("../../README.md", import.meta.url);
writeFileSync(new URL("../RESULTS.md", import.meta.url), resultsText(stored));
writeFileSync(readme, withTables(readFileSync(readme, "utf8"), stored));
