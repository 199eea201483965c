// Tables of text.

import { wrap } from "../../text/page.js";
import { type Style, style } from "./output.js";

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

export interface Column {
  readonly title: string;
  /** Default: right, as numbers stand. */
  readonly left?: boolean;
}

/** A table with what is said about it: what text and HTML are made from. */
export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (Cell | string)[])[];
  /** Sentences below it. */
  readonly notes?: readonly string[];
}

const GAP = "  ";
const lengthOf = (text: string): number => [...text].length;

/** Lines of a table. Columns that do not fit stand below, beside the first one again. */
function table(columns: readonly Column[], rows: readonly (readonly (Cell | string)[])[], width: number): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "string" ? { text: cell } : cell)));
  const widths = columns.map(({ title }, i) => Math.max(lengthOf(title), ...cells.map((row) => lengthOf(row[i].text))));
  const blocks: number[][] = [[0]];
  let used = widths[0];
  for (let i = 1; i < columns.length; i++) {
    const more = GAP.length + widths[i];
    if (used + more > width && (blocks.at(-1)?.length ?? 0) > 1) {
      blocks.push([0]);
      used = widths[0];
    }
    blocks.at(-1)?.push(i);
    used += more;
  }
  const line = (row: readonly Cell[], block: readonly number[]): string => {
    const parts = block.map((i, position) => {
      const { text, style: name } = row[i];
      const space = " ".repeat(widths[i] - lengthOf(text));
      const last = position === block.length - 1;
      const shown = name ? style(name, text) : text;
      return columns[i].left ? shown + (last ? "" : space) : space + shown;
    });
    return `${parts.join(GAP).trimEnd()}\n`;
  };
  const titles = columns.map(({ title }) => ({ text: title, style: "dim" as const }));
  // of columns that stand below, rows that say nothing are left out
  const shown = ([, ...rest]: readonly number[], below: number): Cell[][] =>
    cells.filter((row) => !below || rest.some((i) => row[i].text));
  return blocks.map((block, i) => [titles, ...shown(block, i)].map((row) => line(row, block)).join("")).join("\n");
}

/** Sections one below the other. */
export function sectionsText(sections: readonly Section[], width: number): string {
  return sections
    .map(({ title, columns, rows, notes = [] }) => {
      const below = notes.map((note) => `${wrap(note, 0, width)}\n`).join("");
      return `${style("bold", wrap(title, 0, width))}\n\n${table(columns, rows, width)}${below && `\n${below}`}`;
    })
    .join("\n");
}
