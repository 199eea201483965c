/** The results that are kept, bench/results.json: what was measured last of every row, a line of the file for each. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * @typedef {import("../harness/measure.mjs").Measurement & { rounds: number }} Measurement
 * @typedef {ReturnType<typeof import("../harness/report.mjs").machine>} Machine
 *
 * @typedef {object} PeerLine one library at one operation
 * @property {string} operation
 * @property {string} shape
 * @property {string} name with its version
 * @property {string} data where it is: "resident", "copied" or "array"
 * @property {number} [time] ns per element
 * @property {number} [relative] to halfnorm's with data in the same place
 * @property {import("../harness/exact.mjs").Ulp} [error]
 *
 * @typedef {object} Stored
 * @property {Machine} machine
 * @property {Measurement[]} measurements
 * @property {PeerLine[]} peers
 */

const FILE = new URL("../results.json", import.meta.url);

/** @returns {Stored | undefined} */
export function readStored() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : undefined;
}

/** Numbers with four digits: what another run gives has not even two of them in common. */
const short = (/** @type {string} */ _, /** @type {unknown} */ value) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/** @param {Stored} stored */
export function writeStored({ machine, measurements, peers }) {
  const lines = (/** @type {object[]} */ list) => list.map((each) => `    ${JSON.stringify(each, short)}`).join(",\n");
  const text = `{
  "machine": ${JSON.stringify(machine)},
  "measurements": [
${lines(measurements)}
  ],
  "peers": [
${lines(peers)}
  ]
}
`;
  writeFileSync(FILE, text);
}

/**
 * The old ones, those that were measured again replaced, in the order of the new list of all ids; without those that there are
 * none of any more.
 * @template T
 * @param {readonly T[]} old
 * @param {readonly T[]} found
 * @param {(item: T) => string} idOf
 * @param {readonly string[]} [all] by default: the old ones, then the new ones
 */
export function merged(old, found, idOf, all) {
  const byId = new Map([...old, ...found].map((item) => [idOf(item), item]));
  const ids = all ?? [...byId.keys()];
  return ids.flatMap((id) => byId.get(id) ?? []);
}
