/** The results as Markdown. */

import { plain } from "./statement.mjs";

/**
 * @typedef {import("./statement.mjs").Statement} Statement
 * @typedef {import("./statement.mjs").Finding} Finding
 * @typedef {import("./statement.mjs").Table} Table
 *
 * @typedef {object} About
 * @property {string} data what was trained with
 * @property {string} command without --only
 * @property {readonly number[]} seeds
 * @property {boolean} quick
 */

/** @param {string[]} cells */
const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/**
 * @param {Table} table
 * @param {string} [others] the rule under the columns but the first
 */
function table({ columns, rows }, others = "---:") {
  const rule = `|${columns.map((_, i) => (i ? others : "---")).join("|")}|`;
  return [line(columns), rule, ...rows.map(line)].join("\n");
}

/**
 * @param {readonly { statement: Statement, finding: Finding }[]} found
 * @param {About} about
 */
export function report(found, { data, command, seeds, quick }) {
  const overview = {
    columns: ["", "statement", "measured", ""],
    rows: found.map(({ statement: { id, title }, finding: { verdict, measured } }) => [
      `[${id}](#${anchor(id, title)})`,
      title,
      plain(measured),
      verdict === "holds" ? verdict : `**${verdict}**`,
    ]),
  };
  const parts = [
    "# The statements of the paper, tried",
    wrapped([
      "Hoffer, Banner, Golan and Soudry, *Norm matters: efficient and accurate normalization schemes in deep networks*",
      "([arXiv 1803.01814](https://arxiv.org/abs/1803.01814)): what of it can be tried on one small machine. The figures",
      "in the statements are of that size as well, from calculation or a first trial; those of the authors stand beside.",
      "Written by `npm run paper`; the results are the same in every run.",
    ]),
    wrapped([
      `Data: ${data}. Seeds: ${seeds[0]} to ${seeds[seeds.length - 1]}, the same for everything that is compared.`,
      "a ± b are means and standard errors, over the seeds where nothing else is said; differences are paired. They",
      "count as noise when their mean is within three standard errors of 0.",
    ]),
    ...(quick ? ["**With `--quick`: too little of everything for the figures to prove anything.**"] : []),
    table(overview, "---"),
    ...found.flatMap(({ statement, finding }) => section(statement, finding, command)),
    "Not tried: ImageNet, translation, time on GPUs.",
  ];
  return `${parts.join("\n\n")}\n`;
}

/**
 * @param {Statement} statement
 * @param {Finding} finding
 * @param {string} command
 */
function section({ id, title, claim, authors }, { verdict, measured, how, tables, remarks }, command) {
  return [
    `## ${id}. ${title}`,
    wrapped(["**Statement:**", plain(claim)]),
    ...(authors ? [wrapped(["**The authors:**", plain(authors)])] : []),
    wrapped(["**Measured:**", `${plain(measured)}.`, `**${verdict[0].toUpperCase()}${verdict.slice(1)}.**`]),
    wrapped(how),
    ...tables.map((each) => table(each)),
    ...(remarks ? [wrapped(remarks)] : []),
    `\`${command} --only ${id}\``,
  ];
}

/** What is not broken: code, the text of links, and whatever has no space in it. */
const WORDS = /(?:`[^`]*`|\[[^\]]*\]|[^\s`[])+/g;

/**
 * Lines of at most 120 characters.
 * @param {import("./statement.mjs").Text} text
 */
function wrapped(text) {
  /** @type {string[]} */
  const lines = [];
  for (const word of plain(text).match(WORDS) ?? []) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= 120) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

/**
 * The anchor that Markdown viewers give a heading.
 * @param {number} id
 * @param {string} title
 */
function anchor(id, title) {
  return `${id}-${title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-")}`;
}
