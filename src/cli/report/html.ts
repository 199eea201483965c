// Reports in HTML: one file that loads nothing and runs nothing, for screens of either colour and any width, paper, and
// readers that read aloud.

import type { Cell } from "../../text/page.js";
import { REPORT_MARK } from "../terminal/report-mark.js";
import type { Section } from "../terminal/section.js";
import { escapeHtml } from "./escape.js";
import type { Figure, Term } from "./figure.js";
import { STYLE, STYLE_SHA256 } from "./style.js";

/** A cell that leads to a part of the page. */
export interface Entry extends Cell {
  /** The anchor of the part. */
  readonly to?: string | undefined;
}

export interface Table extends Omit<Section, "rows"> {
  readonly rows: readonly (readonly (Entry | string)[])[];
  /** What is explained of it. */
  readonly terms?: readonly Term[];
}

/** Verdicts with what they are about and why, one below the other. */
export interface Findings {
  readonly title: string;
  readonly findings: readonly { readonly about: string; readonly verdict: Cell; readonly why: string }[];
  /** Sentences below them. */
  readonly notes: readonly string[];
}

/** Sentences by themselves. */
interface Words {
  readonly words: readonly string[];
}

export type Block = Findings | Words | Table | Figure;

/** A part of the report under its own heading. */
export interface Part {
  /** From anchorOf(). */
  readonly anchor: string;
  readonly heading: string;
  /** What it is about, in small print. */
  readonly about?: string;
  /** Has its link in a table of another part, and none in the contents. */
  readonly linked?: boolean;
  readonly blocks: readonly Block[];
}

export interface Report {
  /** "halfnorm sweep" */
  readonly command: string;
  /** What it is about. */
  readonly subject: string;
  /** The result in a sentence. */
  readonly lead: readonly Cell[];
  readonly about?: string | undefined;
  /** What stands before all parts. */
  readonly blocks?: readonly Block[];
  readonly parts: readonly Part[];
}

/** An anchor that stays readable. Names may be the same or have no letters: the number makes it the only one. */
export function anchorOf(kind: string, number: number, name = ""): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [kind, number, words.join("-").slice(0, 60)].filter((each) => each !== "").join("-");
}

function cellHtml(cell: Entry | string): string {
  const { text, style, to }: Entry = typeof cell === "string" ? { text: cell } : cell;
  const link = to === undefined ? escapeHtml(text) : `<a href="#${to}">${escapeHtml(text)}</a>`;
  return style ? `<span class="${style}">${link}</span>` : link;
}

const heading = (level: number, text: string): string => `<h${level}>${escapeHtml(text)}</h${level}>`;
const paragraphs = (texts: readonly string[] = []): string =>
  texts.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n");

function tableHtml({ title, columns, rows }: Omit<Table, "notes">): string {
  const side = (i: number): string => (columns[i].left ? ' class="left"' : "");
  const head = columns.map((column, i) => {
    const text = escapeHtml(column.title);
    return text ? `<th scope="col"${side(i)}>${text}</th>` : `<td${side(i)}></td>`;
  });
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const text = cellHtml(cell);
      const shown = columns[i].left ? `<span class="words">${text}</span>` : text;
      return i ? `<td${side(i)}>${shown}</td>` : `<th scope="row"${side(i)}>${shown}</th>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(title)}"><table>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}

function findingsHtml({ title, findings, notes }: Findings, level: number): string {
  const items = findings.map(
    ({ about, verdict, why }) =>
      `<li><b>${escapeHtml(about)}</b> ${cellHtml(verdict)} <span>${escapeHtml(why)}</span></li>`,
  );
  return `${heading(level, title)}\n<ul class="findings">\n${items.join("\n")}\n</ul>\n${paragraphs(notes)}`;
}

/** A picture with its heading and its numbers. */
export function figureHtml({ title, summary, markup, data }: Figure, level: number): string {
  const caption = summary ? `<p>${escapeHtml(summary)}</p>` : "";
  return `<figure>
<figcaption>${heading(level, title)}${caption}</figcaption>
${markup}
<details><summary>The numbers</summary>
${tableHtml(data)}
</details>
</figure>`;
}

function blocksHtml(blocks: readonly Block[], level: number): string {
  const parts: string[] = [];
  let figures: string[] = [];
  const endFigures = (): void => {
    if (figures.length) parts.push(`<div class="figures">\n${figures.join("\n")}\n</div>`);
    figures = [];
  };
  for (const block of blocks) {
    if ("markup" in block) {
      figures.push(figureHtml(block, level));
      continue;
    }
    endFigures();
    if ("words" in block) parts.push(paragraphs(block.words));
    else if ("findings" in block) parts.push(findingsHtml(block, level));
    else parts.push(`${heading(level, block.title)}\n${tableHtml(block)}\n${paragraphs(block.notes)}`);
  }
  endFigures();
  return parts.join("\n");
}

const about = (text: string | undefined): string => (text ? `<p class="about">${escapeHtml(text)}</p>\n` : "");

function partHtml({ anchor, heading: text, about: small, linked, blocks }: Part): string {
  return `<section id="${anchor}">
${heading(2, text)}
${about(small)}${blocksHtml(blocks, 3)}
${linked ? '<p class="up"><a href="#top">Back to the top</a></p>\n' : ""}</section>`;
}

const READING = "reading";

/** What there is to know of tables and figures, each once. */
function readingHtml(blocks: readonly Block[]): string {
  const terms = new Map(
    blocks.flatMap((block) => ("terms" in block ? (block.terms ?? []) : [])).map(({ term, text }) => [term, text]),
  );
  if (!terms.size) return "";
  const items = [...terms].map(([term, text]) => `<dt>${escapeHtml(term)}</dt>\n<dd>${escapeHtml(text)}</dd>`);
  return `<section id="${READING}">
${heading(2, "How to read this")}
<dl>
${items.join("\n")}
</dl>
</section>`;
}

function contentsHtml(parts: readonly Part[], reading: string): string {
  const links = parts.filter(({ linked }) => !linked).map(({ anchor, heading: text }) => [anchor, text]);
  if (reading) links.push([READING, "How to read this"]);
  if (links.length < 3) return "";
  const items = links.map(([anchor, text]) => `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>`);
  return `<nav aria-label="Contents"><ul>\n${items.join("\n")}\n</ul></nav>\n`;
}

/** Nothing may be loaded, run or sent; of styles, only that of the page. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_SHA256}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The page of a report. */
export function page({ command, subject, lead, about: small, blocks = [], parts }: Report): string {
  const title = escapeHtml(`${command}: ${subject}`);
  const reading = readingHtml([...blocks, ...parts.flatMap((part) => part.blocks)]);
  return `<!doctype html>
<html lang="en" id="top">
<head>
<meta charset="utf-8">
${REPORT_MARK}
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="kicker">${escapeHtml(command)}</p>
${heading(1, subject)}
<p class="lead">${lead.map(cellHtml).join(" ")}</p>
${about(small)}${contentsHtml(parts, reading)}${blocksHtml(blocks, 2)}
${parts.map(partHtml).join("\n")}
${reading}
</main>
</body>
</html>
`;
}
