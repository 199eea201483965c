// Reports in HTML: one file that loads nothing, for screens of either colour, paper, and readers that read aloud.

import type { Cell } from "../../text/page.js";
import { visible } from "../terminal/printable.js";
import { REPORT_MARK } from "../terminal/report-mark.js";
import type { Section } from "../terminal/sections.js";
import { type Figure, SERIES } from "./plots.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => visible(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** Okabe and Ito's colours, which the colour blind tell apart, and lighter ones for dark pages. */
const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#000000", "#7f7f7f"];
const DARK = ["#56b4e9", "#e69f00", "#2fc79b", "#e79cc5", "#f0e442", "#9ad0f5", "#ffffff", "#a0a0a0"];
const series = (colours: readonly string[]): string =>
  Array.from({ length: SERIES }, (_, i) => `--series-${i}: ${colours[i % colours.length]};`).join(" ");

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --good: #00734f; --warn: #8a5a00; --bad: #b3261e;
  --mark: #b3261e; ${series(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { --good: #5fd4a8; --warn: #f0b429; --bad: #ff8a80; --mark: #ff8a80; ${series(DARK)} } }
@media print { :root { color-scheme: light; font-size: 11px; } details > :not(summary) { display: block; }
  section, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8888; }
h3 { margin-bottom: 0.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem; border-bottom: 1px solid #8886; text-align: right; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
.left { text-align: left; }
.scroll { overflow-x: auto; }
.lead { font-size: 1.15rem; }
.green { color: var(--good); } .yellow { color: var(--warn); } .red { color: var(--bad); }
.bold, .green, .yellow, .red { font-weight: 600; }
.dim { opacity: 0.7; }
figure { margin: 1.5rem 0; }
figure > figure { margin: 0; }
figcaption { margin-bottom: 0.5rem; }
svg { max-width: 100%; height: auto; }
summary { cursor: pointer; }
`;

/** A heading of a part of the report, with a sentence or two. */
export interface Part {
  readonly heading: string;
  readonly text: readonly Cell[];
}

export type Block = Part | Section | Figure;

function cellHtml(cell: Cell | string): string {
  const { text, style } = typeof cell === "string" ? { text: cell, style: undefined } : cell;
  return style ? `<span class="${style}">${escapeHtml(text)}</span>` : escapeHtml(text);
}

function tableHtml({ title, columns, rows }: Section): string {
  const side = (i: number): string => (columns[i].left ? ' class="left"' : "");
  const head = columns.map((column, i) => `<th scope="col"${side(i)}>${escapeHtml(column.title)}</th>`).join("");
  const body = rows.map((row) => {
    const cells = row.map((cell, i) =>
      i ? `<td${side(i)}>${cellHtml(cell)}</td>` : `<th scope="row"${side(i)}>${cellHtml(cell)}</th>`,
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(title)}"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}

function sectionHtml(section: Section): string {
  const below = (section.notes ?? []).map((note) => `<p>${escapeHtml(note)}</p>`).join("\n");
  return `<section>
<h3>${escapeHtml(section.title)}</h3>
${tableHtml(section)}
${below}
</section>`;
}

function figureHtml({ title, summary, markup, data }: Figure): string {
  return `<figure aria-label="${escapeHtml(title)}">
<figcaption><h3>${escapeHtml(title)}</h3>${escapeHtml(summary)}</figcaption>
${markup}
<details><summary>The numbers</summary>
${tableHtml(data)}
</details>
</figure>`;
}

function blockHtml(block: Block): string {
  if ("markup" in block) return figureHtml(block);
  if ("columns" in block) return sectionHtml(block);
  return `<h2>${escapeHtml(block.heading)}</h2>\n<p>${block.text.map(cellHtml).join(" ")}</p>`;
}

/** @param lead The result in a sentence. */
export function page(title: string, lead: readonly Cell[], blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
${REPORT_MARK}
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${lead.map(cellHtml).join(" ")}</p>
${blocks.map(blockHtml).join("\n")}
</main>
</html>
`;
}
