// Reports in HTML: one file that loads nothing, made from what a command found.

import type { SweepResult } from "./sweep.js";
import { sweepSections } from "./sweep-sections.js";
import type { Section } from "./table.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem; border-bottom: 1px solid #8886; text-align: right; }
.left { text-align: left; }
.scroll { overflow-x: auto; }
`;

function sectionHtml({ title, columns, rows, notes = [] }: Section): string {
  const side = (i: number): string => (columns[i].left ? ' class="left"' : "");
  const head = columns.map((column, i) => `<th scope="col"${side(i)}>${escapeHtml(column.title)}</th>`).join("");
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const text = escapeHtml(typeof cell === "string" ? cell : cell.text);
      return i ? `<td${side(i)}>${text}</td>` : `<th scope="row"${side(i)}>${text}</th>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  const below = notes.map((note) => `<p>${escapeHtml(note)}</p>`).join("\n");
  return `<section>
<h2>${escapeHtml(title)}</h2>
<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
${below}
</section>`;
}

/** @param lead The result in a sentence. */
function page(title: string, lead: string, sections: readonly Section[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(lead)}</p>
${sections.map(sectionHtml).join("\n")}
</html>
`;
}

export function sweepPage(result: SweepResult): string {
  const { compute, tolerance } = result.options;
  const lead = `Which σ of normal data each norm can take in ${compute}, with an error of the output of at most ${100 * tolerance} %.`;
  return page(`halfnorm sweep: ${compute}`, lead, sweepSections(result));
}
