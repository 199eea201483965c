/**
 * npm run bench: speed and error of the built package, against loops in JavaScript, with the figures to reach beside.
 * Build first; leave the machine alone while it runs.
 */

import { KERNELS } from "../dist/abi/kernels.js";
import { primeBaselines } from "./baselines/prime.mjs";
import { cases, packageFigures } from "./cases/index.mjs";
import { sinkValue } from "./harness/harness.mjs";
import { measureCase, measureFigure } from "./harness/measure.mjs";
import { readOptions, refuse, SHARED_USAGE } from "./harness/options.mjs";
import { heading, machine, row, verdict, warning } from "./harness/report.mjs";

const USAGE = `usage: npm run bench -- [options]

${SHARED_USAGE}\
  --check          exit code 1 when a target is missed by more than the spread between rounds
  --list           the ids, and nothing else; with --checks those of single lines
`;

const { effort, only, json, values } = readOptions(USAGE, ["check", "checks", "list"]);
const tested = new Set(cases().flatMap(({ kernels }) => /** @type {string[]} */ (kernels)));
const untested = Object.values(KERNELS).flatMap((part) => Object.keys(part).filter((name) => !tested.has(name)));
if (untested.length > 0) throw new Error(`no case runs the kernel ${untested.join(", ")}`);
const chosen = cases().filter(({ id, checks }) => checks.some(({ label }) => only.test(`${id}/${label}`)));
const figures = packageFigures().filter(({ id }) => only.test(id));
if (chosen.length + figures.length === 0) refuse(`nothing matches --only ${only.source}`, USAGE);
if (values.list) {
  for (const { id, checks } of chosen) {
    for (const line of values.checks ? checks.map(({ label }) => `${id}/${label}`) : [id]) console.log(line);
  }
  for (const { id } of figures) console.log(id);
  process.exit(0);
}

const about = machine();
const busy = warning();
if (busy) process.stderr.write(`${busy}\n`);
if (!json) {
  console.log(`${about.cpu}, ${about.cores} cores, ${about.platform}, Node ${about.node}, V8 ${about.v8}`);
  console.log(
    `medians of ${effort.rounds} rounds, contenders taking turns in random order; ulp against exact values\n`,
  );
  console.log(heading());
}

/** @type {import("./harness/measure.mjs").Measurement[]} */
const measurements = [];
/** @param {import("./harness/measure.mjs").Measurement[]} found */
function add(found) {
  measurements.push(...found);
  if (!json) for (const measurement of found) console.log(row(measurement));
}

primeBaselines();
// V8 is still compiling what every call goes through while the first case runs: it is measured once more, and that counts
if (chosen.length) await measureCase(chosen[0], effort);
for (const tested of chosen) add((await measureCase(tested, effort)).filter(({ id }) => only.test(id)));
for (const figure of figures) add([await measureFigure(figure, effort)]);

const missed = measurements.filter((measurement) => verdict(measurement) === "MISS");
const close = measurements.filter((measurement) => verdict(measurement) === "close").length;
if (json) {
  console.log(JSON.stringify({ schema: "halfnorm.bench/1", machine: about, effort, measurements }, null, 2));
} else {
  const targets = measurements.filter(({ reached }) => reached !== undefined).length;
  const within = close ? `, ${close} missed by less than the spread` : "";
  console.log(`\n${targets - missed.length - close} of ${targets} targets reached${within} (checksum ${sinkValue()})`);
  for (const { id } of missed) console.log(`missed: ${id}`);
}
if (values.check && missed.length > 0) process.exitCode = 1;
