/** What was measured, as text: lines for the terminal, Markdown for the site. */

import { table } from "../../bench/results/tables.mjs";
import { highestBudget } from "./budgets.js";
import type { Errors } from "./errors.js";
import { NAMES, type Row } from "./measure.js";
import type { PeerRow } from "./peers.js";

/** Two digits, and 0 where it is that. */
const ulp = (value: number): string =>
  value === 0
    ? "0"
    : !Number.isFinite(value)
      ? "∞"
      : value < 0.001
        ? "< 0.001"
        : value < 1e5
          ? Number(value.toPrecision(2)).toString()
          : value.toExponential(1);

const three = ({ largest, p99, mean }: Errors): string[] => [largest, p99, mean].map(ulp);

export const HEADING = `${"".padEnd(42)}${["budget", "largest", "99 %", "mean"].map((title) => title.padStart(9)).join("")}`;

export const lineOf = ({ name, all }: Row): string =>
  name.padEnd(42) + [ulp(highestBudget(name)), ...three(all)].map((cell) => cell.padStart(9)).join("");

export const peerLine = ({ operation, peer, errors }: PeerRow): string =>
  `${operation} in ${peer}`.padEnd(51) +
  three(errors)
    .map((cell) => cell.padStart(9))
    .join("");

const INTRODUCTION = `---
title: Accuracy
---

# Accuracy

Every function that computes numbers, on data of nine distributions and rows of 1, 7, 64, 768, 4,096 and, where the exact result
is to be had in time, 100,000 elements, against an oracle that shares no code with the kernels: exact sums as integers, gradients
in float64. Errors are in units in the last place (ulp) of the exact result: 0.5 is what rounding it once may cost. Where a result
is a sum of parts that may cancel (gradients, weight and bias, the activation), the unit is that of the sum of the magnitudes of
its parts. Layers take distances from the mean in float32, which below 2^-126 are whole multiples of 2^-149: the unit is not
below that of the least distance. "In float16" is emulated arithmetic, where 0 says that every bit is the oracle's.

Budgets are what each function is held to, on every distribution and from any seed (\`test/accuracy/budgets.ts\`); the highest of a
function is shown. What exceeds its budget fails:

\`\`\`sh
npm run accuracy                                 # all of it; prints the seed
npm run accuracy -- --filter layerNorm --seed 7  # what has it in its name or distribution, on other data
npm run accuracy -- --peers                      # other libraries beside it, which npm run bench:peers installs
\`\`\`
`;

/** The page. @param seed Of the data. */
export function pageOf(
  sections: Readonly<Record<string, readonly Row[]>>,
  peers: readonly PeerRow[],
  seed: number,
): string {
  const parts = Object.entries(sections).flatMap(([title, rows]) => [
    `## ${title}`,
    table(
      ["ulp", "budget:", "largest:", "99 %:", "mean:"],
      rows.map((row) => [row.name, ulp(highestBudget(row.name)), ...three(row.all)]),
    ),
    `Largest by distribution:`,
    table(
      ["", ...NAMES.map((name) => `${name}:`)],
      rows.map(({ name, on }) => [name, ...NAMES.map((key) => ulpOr(on[key]))]),
    ),
  ]);
  return `${[INTRODUCTION.trimEnd(), ...parts, ...peerParts(peers), `What is above is of seed ${seed}.`].join("\n\n")}\n`;
}

const ulpOr = (errors: Errors | undefined): string => (errors ? ulp(errors.largest) : "");

/** The libraries beside each other: a row for each operation. */
function peerParts(rows: readonly PeerRow[]): string[] {
  if (!rows.length) return [];
  const [operations, names] = [
    [...new Set(rows.map(({ operation }) => operation))],
    [...new Set(rows.map(({ peer }) => peer))],
  ];
  const cells = operations.map((operation) => [
    operation,
    ...names.map((name) => {
      const found = rows.find((row) => row.operation === operation && row.peer === name);
      return found ? three(found.errors).join(" / ") : "";
    }),
  ]);
  return [
    "## Other libraries",
    "The same data in each of them, rows of 768 and 4,096, in float32 without weight and bias: largest, 99 % and mean.",
    table(["", ...names.map((name) => `${name}:`)], cells),
  ];
}
