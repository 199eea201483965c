/** What a statement is, and what was found. */

/**
 * @typedef {import("./training.mjs").Setting} Setting
 * @typedef {import("./training.mjs").Outcome} Outcome
 * @typedef {"holds" | "holds in part" | "does not hold"} Verdict
 *
 * @typedef {string | readonly string[]} Text in pieces with spaces between them
 *
 * @typedef {object} Table
 * @property {string[]} columns the first aligned to the left, the others to the right
 * @property {string[][]} rows
 *
 * @typedef {object} Finding
 * @property {Verdict} verdict
 * @property {Text} measured one line for the overview
 * @property {Text} how what was done
 * @property {Table[]} tables
 * @property {Text} [remarks]
 *
 * @typedef {object} Context
 * @property {import("./dataset.mjs").Dataset} dataset
 * @property {readonly number[]} seeds
 * @property {boolean} quick less of everything
 * @property {(jobs: (readonly Setting[])[]) => Promise<Outcome[][]>} train each job in a thread: the first setting,
 *   then those that may follow it
 *
 * @typedef {object} Statement
 * @property {number} id
 * @property {string} title
 * @property {Text} claim
 * @property {Text} [authors] what the authors found, at their scale
 * @property {(context: Context) => Finding | Promise<Finding>} examine
 */

/**
 * @param {boolean} whole
 * @param {boolean} [part]
 * @returns {Verdict}
 */
export const verdict = (whole, part = false) => (whole ? "holds" : part ? "holds in part" : "does not hold");

/**
 * In one piece.
 * @param {Text} text
 */
export const plain = (text) => [text].flat().join(" ");
