/** The table of the README, from what was measured: a few operations, beside other libraries. */

import { number } from "../harness/report.mjs";
import { peersTable } from "./overview.mjs";
import { machineText } from "./tables.mjs";

/**
 * @typedef {import("./stored.mjs").Stored} Stored
 */

const BEGIN = "<!-- what follows is written by npm run bench:write -->";
const END = "<!-- as far as here -->";

/** Operations and shapes that the README shows. */
const SHOWN = ["L2, 1000000", "layer norm, 512×768", "RMS norm, 1×4096", "batch norm, 32×64×56×56"];

/** How the ids of the same operations begin among those that are measured against loops. */
const LOOPS = ["l2/", "layer-norm/", "rms-norm/", "batch-norm/"];

/**
 * @param {Stored} stored
 * @returns {string} what stands between the two marks
 */
function section({ machine, measurements, peers }) {
  const shown = peers.filter(({ operation, shape }) => SHOWN.includes(`${operation}, ${shape}`));
  const speedups = measurements
    .filter(
      ({ id, label, unit }) =>
        unit === "speedup" && label === "resident" && LOOPS.some((begin) => id.startsWith(begin)),
    )
    .map(({ value }) => value);
  const [least, most] = [Math.min(...speedups), Math.max(...speedups)].map(number);
  return `Nanoseconds per element, data being resident, or copied in and out at every call. ${machineText(machine)}:

${peersTable(shown)}

Loops in JavaScript with float64 accumulators, unrolled by hand, take ${least} to ${most} times as long for these operations.`;
}

/**
 * The README with its table written anew.
 * @param {string} readme
 * @param {Stored} stored
 */
export function withTables(readme, stored) {
  const [before, rest, ...more] = readme.split(BEGIN);
  const [old, after, ...others] = rest?.split(END) ?? [];
  if (after === undefined || more.length + others.length > 0) throw new Error(`README.md needs "${BEGIN}", "${END}"`);
  const text = section(stored);
  return text === old.trim() ? readme : `${before}${BEGIN}\n\n${text.trim()}\n\n${END}${after}`;
}
