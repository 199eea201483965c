// Tables with what is said about them: what text and HTML are made from.

import { type Column, type Row, wrap } from "../../text/page.js";
import { terminalPage } from "./output.js";

export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Sentences below it. */
  readonly notes?: readonly string[];
}

/** Sections one below the other. */
export function sectionsText(sections: readonly Section[]): string {
  const page = terminalPage();
  for (const [i, { title, columns, rows, notes = [] }] of sections.entries()) {
    if (i) page.gap();
    page.lines.push(page.paint(wrap(title, 0, page.width), "bold"));
    page.gap();
    page.table(columns, rows, { titles: "dim", below: true });
    if (notes.length) page.gap();
    for (const note of notes) page.lines.push(wrap(note, 0, page.width));
  }
  return page.toString();
}
