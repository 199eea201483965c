/** Reports in HTML: tensors for them, and what holds of every one. */
import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { expect } from "vitest";
import { gaussian } from "./random.js";
import { safetensorsBytes } from "./tensor-files.js";

/** Names as nobody should give them: long, alike, in other scripts, and markup that wants to be obeyed. */
export const HOSTILE_NAMES = [
  "weight one",
  "weight-one",
  "Weight.One",
  "重み",
  "вес",
  "x".repeat(400),
  "model.layers.deep.".repeat(20),
  `</title></style><script>globalThis.broken = 1</script>`,
  `" onload="globalThis.broken = 1" x="`,
  `'><img src=x onerror=globalThis.broken=1>`,
  "javascript:globalThis.broken=1",
  "\u202egnp\u0000",
];

/** A tensor for each name, of all verdicts; each of other sizes, so that nothing is said of two of them by chance. */
export function reportTensors(names: readonly string[]): Buffer {
  const header: Record<string, object> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [i, name] of names.entries()) {
    const shape = [6 + i, 64];
    const values = gaussian(shape[0] * shape[1], i + 1, 0, [300, 1, 3e4, 2e-7, 40][i % 5] * (1 + i / 100));
    if (i % 5 === 1) values[i] = NaN;
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  return safetensorsBytes(header, Buffer.concat(parts));
}

/** What a part of a page says, in sentences; headings, tables and drawings apart. */
export function sentencesOf(part: Element): string[] {
  const elements = [...part.querySelectorAll("p, li, dd")].filter((one) => !one.querySelector("a, svg"));
  const sentences = elements.flatMap(({ textContent }) => (textContent ?? "").trim().split(/(?<=[.;])\s+/));
  return sentences.filter((sentence) => sentence.length > 20);
}

/** Sentences that are there twice. */
export function repeatedSentences(part: Element): string[] {
  const sentences = sentencesOf(part);
  return sentences.filter((sentence, i) => sentences.indexOf(sentence) < i);
}

/** The page, which loads nothing, runs nothing, and is in order for readers that read aloud. */
export function checkedReport(html: string): Document {
  expect(html.startsWith("<!doctype html>")).toBe(true);
  expect(html.endsWith("</html>\n")).toBe(true);
  const { document } = parseHTML(html);
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];

  // the policy stands before all that it is about, and allows the one style there is
  const policy = all('meta[http-equiv="Content-Security-Policy"]').map((meta) => meta.getAttribute("content"));
  const [style, ...others] = html.matchAll(/<style>(.*?)<\/style>/gs);
  expect(others).toEqual([]);
  const hash = createHash("sha256").update(style[1]).digest("base64");
  expect(policy).toEqual([`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`]);
  expect(html.indexOf("Content-Security-Policy")).toBeLessThan(style.index);
  expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<title>"));
  expect(all("script, link, img, iframe, object, embed, base, form, style style, svg style")).toEqual([]);
  for (const element of all("*")) {
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^(on.*|style|src|srcset|xlink:href|action)$/);
      if (name === "href") expect(value).toMatch(/^#[a-z0-9-]+$/);
    }
  }
  expect(style[1]).not.toMatch(/@import|url\(/);

  const ids = all("[id]").map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const link of all("a")) expect(ids).toContain(link.getAttribute("href")?.slice(1));

  const levels = all("h1, h2, h3, h4").map(({ tagName }) => Number(tagName[1]));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  for (const [i, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1);
  for (const heading of all("h1, h2, h3, dt, summary, th")) expect(heading.textContent?.trim()).not.toBe("");

  for (const head of all("thead th")) expect(head.getAttribute("scope")).toBe("col");
  for (const head of all("tbody th")) expect(head.getAttribute("scope")).toBe("row");
  for (const row of all("tbody tr")) expect(row.querySelectorAll("th")).toHaveLength(1);
  for (const table of all("table")) {
    const around = table.parentElement;
    expect([around?.className, around?.getAttribute("tabindex")]).toEqual(["scroll", "0"]);
    expect(around?.getAttribute("aria-label")).toMatch(/\S/);
  }
  for (const svg of all("svg.plot")) {
    expect(svg.getAttribute("role")).toBe("img");
    expect([...svg.children].slice(0, 2).map(({ tagName }) => tagName.toLowerCase())).toEqual(["title", "desc"]);
    for (const text of [...svg.children].slice(0, 2)) expect(text.textContent).not.toBe("");
  }
  for (const svg of all("svg:not(.plot)")) expect(svg.getAttribute("aria-hidden")).toBe("true");
  for (const figure of all("figure")) expect(figure.querySelectorAll("svg.plot, details table")).toHaveLength(2);
  return document as unknown as Document;
}
