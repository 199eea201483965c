/** The report: the machine, then a line for each measurement. */

import { cpus, loadavg } from "node:os";

/**
 * @typedef {import("./measure.mjs").Measurement} Measurement
 */

export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** What to say first when something else is running; nothing when the machine is free. */
export function warning() {
  const [load] = loadavg();
  return load > 0.7
    ? `the load is ${load.toFixed(1)}: other programs are running, and these figures are unreliable`
    : "";
}

/**
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {number} width in characters; 0 for the last one
 * @property {boolean} [right] whether it is aligned to the right
 * @property {(item: T) => string} text
 */

/** @type {Column<Measurement>[]} */
const COLUMNS = [
  { title: "", width: 31, text: (m) => m.row },
  { title: "", width: 38, text: (m) => [m.what, m.label].filter(Boolean).join(", ") },
  { title: "ns/element", width: 10, right: true, text: (m) => (m.time === undefined ? "" : number(m.time)) },
  { title: "against", width: 8, right: true, text: (m) => (m.againstTime === undefined ? "" : number(m.againstTime)) },
  { title: "measured", width: 13, right: true, text: (m) => `${number(m.value)}${unit(m)}` },
  { title: "quartiles", width: 14, right: true, text: quartiles },
  { title: "target", width: 13, right: true, text: target },
  { title: "", width: 5, text: verdict },
  { title: "ulp: max p99 mean", width: 18, text: (m) => ulp(m.error) },
  { title: "against", width: 15, text: (m) => ulp(m.againstError) },
  { title: "", width: 0, text: (m) => m.note ?? "" },
];

export function heading() {
  return titles(COLUMNS);
}

/** @param {Measurement} measurement */
export function row(measurement) {
  return line(COLUMNS, measurement);
}

/** @param {Column<any>[]} columns */
export function titles(columns) {
  return joined(columns.map(({ title, width, right }) => (right ? title.padStart(width) : title.padEnd(width))));
}

/**
 * @template T
 * @param {Column<T>[]} columns
 * @param {T} item
 */
export function line(columns, item) {
  return joined(
    columns.map(({ width, right, text }) => (right ? text(item).padStart(width) : text(item).padEnd(width))),
  );
}

/** @param {string[]} cells */
function joined(cells) {
  return cells.join("  ").trimEnd();
}

/** @param {Measurement} m */
export function unit(m) {
  if (m.unit === "speedup") return "×";
  if (m.unit === "slowdown") return "× time";
  return ` ${m.unit.replace(/\/.*/, "")}`;
}

/** @param {Measurement} m */
function quartiles({ spread }) {
  return spread ? spread.map(number).join(" – ") : "";
}

/**
 * Whether the target was reached; "close" where the machine's spread decides it.
 * @param {Measurement} m
 */
export function verdict({ reached, close }) {
  if (reached === undefined) return "";
  return reached ? "ok" : close ? "close" : "MISS";
}

/** @param {Measurement} m */
export function target(m) {
  if (m.atLeast !== undefined) return `≥ ${m.atLeast}${unit(m)}`;
  return m.atMost === undefined ? "" : `≤ ${m.atMost}${unit(m)}`;
}

/** @param {number} value */
export function number(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value < 1 ? 3 : 2);
}

/** @param {import("./measure.mjs").Ulp | undefined} error */
export function ulp(error) {
  if (error === undefined) return "";
  return error.max === error.mean ? short(error.max) : [error.max, error.p99, error.mean].map(short).join(" ");
}

/** @param {number} value */
function short(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value < 0.001 ? value.toExponential(0) : value.toPrecision(2).replace(/e\+/, "e");
}
