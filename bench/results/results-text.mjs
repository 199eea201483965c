/** bench/RESULTS.md: what stands out, every row that was measured, and every peer. */

import { number, target, ulp, unit, verdict } from "../harness/report.mjs";
import { overview } from "./overview.mjs";
import { grouped, machineText, roundsText, table } from "./tables.mjs";

/**
 * @typedef {import("./stored.mjs").Stored} Stored
 * @typedef {import("./stored.mjs").PeerLine} PeerLine
 * @typedef {import("../harness/measure.mjs").Measurement} Measurement
 */

const VERDICTS = { ok: "reached", close: "missed, within the spread", MISS: "missed", "": "" };

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

Written by \`npm run bench:write\`, as the table of the README is, from what it measured last: \`bench/results.json\`.

${machineText(machine)}; medians of ${roundsText(stored)} rounds, contenders taking turns in random order; ulp against
exact values. Quartiles are those of the rounds: the spread of this machine, within which a target is neither reached nor missed.

Of ${judged.length} targets, ${of("ok")} are reached, ${of("close")} are missed by less than the spread, ${of("MISS")} by more.

## Overview

${overview(stored)}

## Against loops in JavaScript

${sections.join("\n\n")}

## Against other libraries

Time is against halfnorm with data in the same place: resident, or copied at every call.

${operations.join("\n\n")}
`;
}
