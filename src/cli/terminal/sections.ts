// Tables as text for a terminal.

import { type Cell, wrap } from "../../text/page.js";
import { terminalPage } from "./output.js";
import { visible } from "./printable.js";
import type { Section } from "./section.js";

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
