/** The command line of npm run paper. */

import { parseArgs } from "node:util";
import { refuse } from "../harness/options.mjs";

const DEFAULT_SEEDS = 16;

export const USAGE = `usage: npm run paper -- [options]

  --data FILE    images to train with: a line for each, 64 integers from 0 to 16 and the class from 0 to 9, separated
                 by commas; optdigits.tes of https://archive.ics.uci.edu/dataset/80 is such a file. Default: a
                 synthetic set
  --only 9,11    these statements only
  --seeds N      paired seeds, at least 2; ${DEFAULT_SEEDS} if not given
  --quick        less of everything, in a minute or two: figures that show the command and prove nothing
  --out FILE     where the results are written; default: bench/paper/RESULTS.md, but standard output with --only,
                 --seeds or --quick
`;

/**
 * The options; prints the usage and ends the process for --help and for what it does not know.
 * @param {readonly number[]} known the ids of all statements
 */
export function readOptions(known) {
  /** @type {{ data?: string, only?: string, seeds?: string, quick?: boolean, out?: string, help?: boolean }} */
  let values = {};
  try {
    const text = /** @type {const} */ ({ type: "string" });
    const flag = /** @type {const} */ ({ type: "boolean" });
    const help = /** @type {const} */ ({ type: "boolean", short: "h" });
    ({ values } = parseArgs({ options: { data: text, only: text, seeds: text, quick: flag, out: text, help } }));
  } catch (error) {
    refuse(/** @type {Error} */ (error).message, USAGE);
  }
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const { data, only, seeds, quick = false, out } = values;
  const ids = only === undefined ? known : [...new Set(only.split(",").map(Number))].sort((a, b) => a - b);
  if (ids.some((id) => !known.includes(id))) {
    refuse(`--only must be numbers from 1 to ${known.length}, separated by commas, got ${only}`, USAGE);
  }
  const count = seeds === undefined ? (quick ? 2 : DEFAULT_SEEDS) : Number(seeds);
  if (!Number.isInteger(count) || count < 2) refuse(`--seeds must be an integer of at least 2, got ${seeds}`, USAGE);
  const partial = only !== undefined || seeds !== undefined || quick;
  return { data, ids, seeds: Array.from({ length: count }, (_, i) => i + 1), quick, out, partial };
}
