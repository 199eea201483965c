// Tables with what is said about them: what text and HTML are made from.

import { type Cell, type Column, type Row, wrap } from "../../text/page.js";
import { terminalPage } from "./output.js";
import { visible } from "./printable.js";

export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Sentences below it. */
  readonly notes?: readonly string[];
}

const visibleCell = (cell: Cell | string): Cell | string =>
  typeof cell === "string" ? visible(cell) : { ...cell, text: visible(cell.text) };

/** Sections one below the other. */
export function sectionsText(sections: readonly Section[]): string {
  const page = terminalPage();
  for (const [i, { title, columns, rows, notes = [] }] of sections.entries()) {
    if (i) page.gap();
    page.lines.push(page.paint(wrap(visible(title), 0, page.width), "bold"));
    page.gap();
    page.table(
      columns,
      rows.map((row) => row.map(visibleCell)),
      { titles: "dim", below: true },
    );
    if (notes.length) page.gap();
    for (const note of notes) page.lines.push(wrap(visible(note), 0, page.width));
  }
  return page.toString();
}
