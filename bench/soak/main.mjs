/**
 * npm run soak: mixed calls of every public function by the million, and the memory that the process holds on to meanwhile.
 * Fails when it grows.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { layerNorm } from "../../dist/index.js";
import { refuse } from "../harness/options.mjs";
import { machine } from "../harness/report.mjs";
import { CALLS, disposeOf, unused } from "./calls.mjs";
import { choices, inputsFrom } from "./inputs.mjs";
import { growth, sample } from "./memory.mjs";
import { plotOf } from "./plot.mjs";

const USAGE = `usage: npm run soak -- [options]

  --calls N   how many, 10,000,000 if not given
  --seed N    of the choices and the data, 1 if not given
  --write     docs/soak.json and docs/soak.svg from what was measured
`;

/** Samples of memory, and calls after which finalizers get a turn of the event loop. */
const SAMPLES = 200;
const TURN = 1000;

function read() {
  const text = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean" });
  try {
    return parseArgs({ options: { calls: text, seed: text, write: flag, help: flag } }).values;
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message, USAGE);
  }
}

/**
 * @param {string} name
 * @param {string | undefined} value
 * @param {number} usual
 * @param {number} least
 */
function whole(name, value, usual, least) {
  const number = value === undefined ? usual : Number(value);
  if (!Number.isSafeInteger(number) || number < least) {
    refuse(`--${name} must be an integer from ${least} on, got ${value}`, USAGE);
  }
  return number;
}

const values = read();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const calls = whole("calls", values.calls, 10_000_000, 10 * SAMPLES);
const seed = whole("seed", values.seed, 1, 0);
if (unused().length) throw new Error(`no call of the soak uses ${unused().join(", ")}`);

const inputs = inputsFrom(seed);
const draw = choices(seed);
// drawn from a table, in which each call stands as often as it is to be made
const table = CALLS.flatMap((call) => Array.from({ length: Math.max(1, Math.round(call.weight * 200)) }, () => call));
const made = new Map(CALLS.map((call) => [call, 0]));
/** What a call gives must not depend on how many came before. */
const probe = () => layerNorm(inputs[7].x.plain, { norm: "l1" }).data.join();
const wanted = probe();

console.log(`${calls.toLocaleString("en")} calls from seed ${seed}`);
const start = performance.now();
const spent = () => (performance.now() - start) / 1000;
const every = Math.floor(calls / SAMPLES);
/** @type {import("./memory.mjs").Sample[]} */
const samples = [];
for (let i = 1; i <= calls; i++) {
  const call = draw.pick(table);
  const result = call.make(draw.pick(inputs), draw);
  if (result instanceof Promise) await result;
  else disposeOf(result);
  made.set(call, /** @type {number} */ (made.get(call)) + 1);
  if (i % TURN === 0) await new Promise((done) => setImmediate(done));
  if (i % every === 0) {
    samples.push(await sample(i, spent()));
    if (probe() !== wanted) throw new Error(`after ${i} calls the result of a call is another one`);
  }
}
const grown = growth(samples);

const last = /** @type {import("./memory.mjs").Sample} */ (samples.at(-1));
const mb = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
console.log(
  `${last.seconds.toFixed(0)} s; at the end ${mb(last.wasm)} of WebAssembly, ${mb(last.heap)} of heap, ` +
    `${mb(last.external)} external, ${mb(last.resident)} of the process, ${last.tensors} tensors`,
);
if (values.write) {
  const counts = [...made].map(([{ uses }, count]) => [uses[0], count]);
  const of = Object.fromEntries(counts.map(([name]) => [name, 0]));
  for (const [name, count] of counts) of[name] += /** @type {number} */ (count);
  const command = `npm run soak -- --calls ${calls} --seed ${seed}`;
  const lines = samples.map((each) => `    ${JSON.stringify({ ...each, seconds: Number(each.seconds.toFixed(1)) })}`);
  const head = JSON.stringify({ command, machine: machine(), calls: of }, null, 2);
  const text = `${head.slice(0, -2)},\n  "samples": [\n${lines.join(",\n")}\n  ]\n}\n`;
  writeFileSync(new URL("../../docs/soak.json", import.meta.url), text);
  writeFileSync(new URL("../../docs/soak.svg", import.meta.url), plotOf(samples));
}
for (const line of grown) console.error(`memory is not what it was: ${line}`);
if (grown.length) process.exitCode = 1;
else console.log("memory did not grow");
