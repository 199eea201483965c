// Tables with what is said about them: what text and HTML are made from.

import { type Cell, type Column, type Row, wrap } from "../../text/page.js";
import { terminalPage } from "./output.js";
import { visible } from "./printable.js";

export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Whether the first column has names, which may be shortened. */
  readonly names?: boolean;
  /** Sentences below it. */
  readonly notes?: readonly string[];
}

const visibleCell = (cell: Cell | string): Cell | string =>
  typeof cell === "string" ? visible(cell) : { ...cell, text: visible(cell.text) };

/** Sections one below the other. */
export function sectionsText(sections: readonly Section[]): string {
  const page = terminalPage();
  for (const [i, { title, columns, rows, names = false, notes = [] }] of sections.entries()) {
    if (i) page.gap();
    page.lines.push(page.paint(wrap(visible(title), 0, page.width), "bold"));
    page.gap();
    const shown = rows.map((row) => row.map(visibleCell));
    const shed = page.table(columns, shown, { titles: "dim", below: true, names });
    const narrow = shed.length ? [`Without room in ${page.width} columns: ${shed.join(", ")}.`] : [];
    if (notes.length || shed.length) page.gap();
    for (const note of [...narrow, ...notes]) page.lines.push(wrap(visible(note), 0, page.width));
  }
  return page.toString();
}
