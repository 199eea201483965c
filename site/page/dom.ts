// Elements of the page, found and made.

import type { Column, Row } from "../../src/text/page.js";

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

type Child = Node | string;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Cells may be elements, beside what tables of the command line have. */
export type ShownRow = readonly (Row[number] | HTMLElement)[];

function content(cell: ShownRow[number]): Child {
  if (typeof cell === "string" || cell instanceof HTMLElement) return cell;
  return cell.style ? make("span", { className: cell.style }, cell.text) : cell.text;
}

/** @param chosen The row that is looked at. */
export function fillTable(
  table: HTMLElement,
  columns: readonly Column[],
  rows: readonly ShownRow[],
  chosen = -1,
): void {
  const side = (i: number): string => (columns[i]?.left ? "left" : "");
  const heads = columns.map(({ title }, i) =>
    title ? make("th", { scope: "col", className: side(i) }, title) : make("td"),
  );
  table.querySelector("thead")?.replaceChildren(make("tr", {}, ...heads));
  const body = rows.map((row, at) => {
    const cells = row.map((cell, i) =>
      i
        ? make("td", { className: side(i) }, content(cell))
        : make("th", { scope: "row", className: side(i) }, content(cell)),
    );
    return make("tr", { className: at === chosen ? "chosen" : "" }, ...cells);
  });
  table.querySelector("tbody")?.replaceChildren(...body);
}

/** Options of a list, by what they stand for. */
export function fillSelect(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
): void {
  const shown = options.map(([value, text]) => `${value}\n${text}`).join("\n");
  // an open list would close
  if (select.dataset.shown === shown) return;
  select.dataset.shown = shown;
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
}

/** Saves what was made here as a file. */
export function save(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  // the browser has to have begun
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
