/** Memory over calls as SVG, which stands by itself: colours and letters are in it, for light pages and dark ones. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** @typedef {import("./memory.mjs").Sample} Sample */

/** @type {[key: "resident" | "heap" | "external" | "wasm", label: string, colour: string][]} */
const SERIES = [
  ["resident", "process", "#757575"],
  ["heap", "JavaScript heap", "#0072b2"],
  ["external", "external", "#c65300"],
  ["wasm", "WebAssembly", "#00875f"],
];

/** @param {readonly Sample[]} samples */
export function plotOf(samples) {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const last = /** @type {Sample} */ (samples.at(-1));
  const marks = SERIES.flatMap(([key, label, stroke]) => [
    Plot.line(samples, { x: (/** @type {Sample} */ s) => s.calls / 1e6, y: (s) => s[key] / 1e6, stroke }),
    Plot.text([last], {
      x: (/** @type {Sample} */ s) => s.calls / 1e6,
      y: (s) => s[key] / 1e6,
      text: () => label,
      textAnchor: "start",
      dx: 6,
      fill: stroke,
    }),
  ]);
  const svg = Plot.plot({
    document,
    width: 720,
    height: 320,
    marginRight: 120,
    className: "plot",
    x: { label: "million calls", labelArrow: "none" },
    y: {
      type: "log",
      label: "MB, after garbage collection",
      labelArrow: "none",
      grid: true,
      ticks: 5,
      tickFormat: "~g",
    },
    marks,
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("color", "#565c66");
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = `Memory over ${last.calls.toLocaleString("en")} mixed calls`;
  svg.prepend(title);
  return `${svg.outerHTML}\n`;
}
