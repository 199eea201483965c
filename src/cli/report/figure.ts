// What figures are made of. Colours and letters come from the page (style.ts), so that they follow light, dark and paper.

import * as Plot from "@observablehq/plot";
import { brief } from "../../text/words.js";
import type { Section } from "../terminal/section.js";
import { freshDocument } from "./document.js";
import { escapeHtml } from "./escape.js";
import { SERIES } from "./style.js";

/** What is explained once on a page, however often it is there. */
export interface Term {
  readonly term: string;
  readonly text: string;
}

/** A picture, what it says to those who do not see it, and the numbers behind it. */
export interface Figure {
  readonly title: string;
  /** What it says of this data, in a sentence. */
  readonly summary: string;
  /** SVG, before it the legend where there is one. */
  readonly markup: string;
  readonly data: Section;
  /** How to read it. */
  readonly terms: readonly Term[];
}

/** As wide as a telephone shows it, where letters are about as large as drawn. Wide screens have figures side by side. */
export const WIDTH = 400;
/** The most that a character of a label takes, in pixels. */
export const CHARACTER = 7.5;

const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"] as const;

export const colourOf = (i: number): string => `var(--series-${i % SERIES})`;
/** With the colour, another one for each of many series: nobody has to tell them apart by colour alone. */
export const symbolOf = (i: number): Plot.SymbolType => SYMBOLS[i % SYMBOLS.length];

/** Styles are the page's, whose policy allows no others. */
function svgOf(options: Plot.PlotOptions): Element {
  const svg = Plot.plot({ ...options, className: "plot", document: freshDocument() });
  for (const style of svg.querySelectorAll("style")) style.remove();
  for (const element of [svg, ...svg.querySelectorAll("*")]) {
    element.removeAttribute("style");
    for (const { name } of [...element.attributes]) if (name.startsWith("aria-")) element.removeAttribute(name);
  }
  for (const name of ["font-family", "font-size", "width", "height"]) svg.removeAttribute(name);
  return svg;
}

/**
 * A plot as SVG.
 *
 * @param title Its name, where it is read aloud.
 * @param description What is drawn how.
 */
export function draw(title: string, description: string, options: Plot.PlotOptions): string {
  const svg = svgOf({ width: WIDTH, height: 240, marginLeft: 48, marginRight: 12, marginBottom: 46, ...options });
  svg.setAttribute("role", "img");
  for (const [name, text] of Object.entries({ desc: description, title })) {
    const element = svg.ownerDocument.createElementNS("http://www.w3.org/2000/svg", name);
    element.textContent = text;
    svg.prepend(element);
  }
  return svg.outerHTML;
}

/** Names of series with their colours and symbols. */
export function legend(labels: readonly string[]): string {
  const items = labels.map((label, i) => {
    const dot = Plot.dot([0], { frameAnchor: "middle", symbol: symbolOf(i), fill: colourOf(i), r: 5 });
    const svg = svgOf({ width: 16, height: 16, margin: 0, axis: null, marks: [dot] });
    svg.setAttribute("class", "key");
    svg.setAttribute("aria-hidden", "true");
    return `<li>${svg.outerHTML} ${escapeHtml(label)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>\n`;
}

/** Where the axis across has its name: below its ticks. */
export const BELOW = { labelAnchor: "right", labelArrow: "none", labelOffset: 42 } as const;

/** Powers of ten in a range, at most so many. */
export function decades(low: number, high: number, most = 6): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / (most - 1)));
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += step) ticks.push(Number(`1e${exponent}`));
  return ticks;
}

/** The powers of ten of either sign around 0, of a range that is drawn by logarithms further out. */
export function signedDecades(low: number, high: number): number[] {
  const upTo = (end: number): number[] => (end >= 1 ? decades(1, end, 4) : []);
  return [...upTo(-low).map((tick) => -tick), 0, ...upTo(high)].sort((a, b) => a - b);
}

/** A tick of an axis by logarithms; few signs are room for others. */
export const tickOf = (value: number): string =>
  brief(value, 2)
    .replace(/10{4,}$/, ({ length }) => `1e${length - 1}`)
    .replaceAll("-", "−");

/** A tick of a count: 2500 as 2.5k. */
export function countTick(count: number): string {
  const [divisor, unit] = count >= 1e9 ? [1e9, "G"] : count >= 1e6 ? [1e6, "M"] : count >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${Number((count / divisor).toPrecision(3))}${unit}`;
}
