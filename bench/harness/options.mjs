/** What the command lines of both benchmarks have in common. */

import { parseArgs } from "node:util";
import { FULL, QUICK } from "./harness.mjs";

export const SHARED_USAGE = `\
  --only PATTERN   only what has PATTERN (a regular expression, any case) in its id
  --rounds N       samples of each contender, ${FULL.rounds} if not given
  --quick          ${QUICK.rounds} rounds and a shorter warm-up
  --json           one JSON document instead of the table
`;

/**
 * Ends the process with what is wrong.
 * @param {string} problem
 * @param {string} usage
 * @returns {never}
 */
export function refuse(problem, usage) {
  process.stderr.write(`${problem}\n${usage}`);
  process.exit(2);
}

/**
 * The options; prints the usage and ends the process for --help and for what it does not know.
 * @param {string} usage
 * @param {readonly string[]} [flags] further options without a value
 */
export function readOptions(usage, flags = []) {
  /** @type {Record<string, string | boolean | undefined>} */
  let values = {};
  try {
    const flag = /** @type {const} */ ({ type: "boolean" });
    const text = /** @type {const} */ ({ type: "string" });
    const extra = Object.fromEntries(flags.map((name) => [name, flag]));
    const help = /** @type {const} */ ({ type: "boolean", short: "h" });
    ({ values } = parseArgs({ options: { only: text, rounds: text, quick: flag, json: flag, help, ...extra } }));
  } catch (error) {
    refuse(/** @type {Error} */ (error).message, usage);
  }
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const { rounds, only = "" } = values;
  if (rounds !== undefined && !(Number.isInteger(Number(rounds)) && Number(rounds) > 0)) {
    refuse(`--rounds must be a positive integer, got ${rounds}`, usage);
  }
  const effort = { ...(values.quick ? QUICK : FULL), ...(rounds !== undefined && { rounds: Number(rounds) }) };
  return { effort, only: pattern(String(only), usage), json: Boolean(values.json), values };
}

/**
 * @param {string} source
 * @param {string} usage
 */
export function pattern(source, usage) {
  try {
    return new RegExp(source, "i");
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message, usage);
  }
}
