/** bench/RESULTS.md: every row that was measured, and every peer. */

import { number, target, ulp, unit, verdict } from "../harness/report.mjs";

/**
 * @typedef {import("./stored.mjs").Stored} Stored
 * @typedef {import("./stored.mjs").PeerLine} PeerLine
 * @typedef {import("../harness/measure.mjs").Measurement} Measurement
 */

/** @param {Stored["machine"]} machine */
export const machineText = ({ cpu, cores, platform, node }) => `${cpu}, ${cores} cores, ${platform}, Node ${node}`;

/** "11 to 41". @param {Stored} stored */
export function roundsText({ measurements }) {
  const rounds = measurements.map((measurement) => measurement.rounds);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return least === most ? String(least) : `${least} to ${most}`;
}

const VERDICTS = { ok: "reached", close: "missed, within the spread", MISS: "missed", "": "" };

/**
 * A table, its columns to the right that have numbers.
 * @param {readonly string[]} titles one that ends with ":" has numbers
 * @param {readonly (readonly string[])[]} rows
 */
export function table(titles, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const marks = titles.map((title) => (title.endsWith(":") ? "---:" : "---"));
  return [titles.map((title) => title.replace(/:$/, "")), marks, ...rows].map(line).join("\n");
}

/**
 * Lists of what has the same key, in the order of the first ones.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @returns {[string, T[]][]}
 */
export function grouped(items, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

/** @param {number | undefined} value */
const maybe = (value) => (value === undefined ? "" : number(value));

/** @param {Measurement} m */
function measurementRow(m) {
  const { spread } = m;
  return [
    [m.what, m.label].filter(Boolean).join(", "),
    maybe(m.time),
    maybe(m.againstTime),
    `${number(m.value)}${unit(m)}`,
    spread ? spread.map(number).join(" – ") : "",
    target(m),
    VERDICTS[verdict(m)],
    ulp(m.error),
    ulp(m.againstError),
  ];
}

/** @param {PeerLine} line */
const peerRow = ({ name, data, time, relative, error }) => [
  name,
  data,
  time === undefined ? "has none" : number(time),
  relative === undefined ? "" : `${number(relative)}×`,
  ulp(error),
];

/**
 * @param {Stored} stored
 * @returns {string}
 */
export function resultsText(stored) {
  const { machine, measurements, peers } = stored;
  const judged = measurements.map(verdict).filter(Boolean);
  const of = (/** @type {string} */ which) => judged.filter((each) => each === which).length;
  const sections = grouped(measurements, ({ row }) => row).map(
    ([row, own]) => `### ${row[0].toUpperCase()}${row.slice(1)}

${table(
  ["", "ns/element:", "against:", "measured:", "quartiles:", "target:", "", "ulp: max p99 mean", "against"],
  own.map(measurementRow),
)}`,
  );
  const operations = grouped(peers, ({ operation, shape }) => `${operation}, ${shape}`).map(
    ([title, lines]) => `### ${title[0].toUpperCase()}${title.slice(1)}

${table(["", "data", "ns/element:", "time:", "ulp: max p99 mean"], lines.map(peerRow))}`,
  );
  return `# Speed and error, as measured

Written by \`npm run bench:write\`, as the tables of the README are, from what it measured last: \`bench/results.json\`.

${machineText(machine)}; medians of ${roundsText(stored)} rounds, contenders taking turns in random order; ulp against
exact values. Quartiles are those of the rounds: the spread of this machine, within which a target is neither reached nor missed.

Of ${judged.length} targets, ${of("ok")} are reached, ${of("close")} are missed by less than the spread, ${of("MISS")} by more.

## Against loops in JavaScript

${sections.join("\n\n")}

## Against other libraries

Time is against halfnorm with data in the same place: resident, or copied at every call.

${operations.join("\n\n")}
`;
}
