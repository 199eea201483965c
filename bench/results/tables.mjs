/** What the texts about results are made of: tables in Markdown, the machine, and how often was measured. */

/** @typedef {import("./stored.mjs").Stored} Stored */

/** @param {Stored["machine"]} machine */
export const machineText = ({ cpu, cores, platform, node }) => `${cpu}, ${cores} cores, ${platform}, Node ${node}`;

/** "11 to 41". @param {Stored} stored */
export function roundsText({ measurements }) {
  const rounds = measurements.map((measurement) => measurement.rounds);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return least === most ? String(least) : `${least} to ${most}`;
}

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
