// A diagnosis or a comparison as text for a terminal.

import { checkBoolean, checkInteger, checkOptions, isObject, wrong } from "../checks/arguments.js";
import { brief, fixed, formatWords, integer, normWords, percent, signed } from "../text/words.js";
import { COMPARISON_SCHEMA, type Comparison } from "./compare.js";
import {
  type Attribution,
  DIAGNOSIS_SCHEMA,
  type Diagnosis,
  type ErrorStatistics,
  EVENTS,
  type Remedy,
  type Stage,
} from "./result.js";
import type { Tolerances } from "./tolerances.js";

export interface TextOptions {
  /** Escape sequences for colours. Default: when standard output is a terminal, and NO_COLOR is not set. */
  color?: boolean | undefined;
  /** Columns, 80 to 100. Default: 100. */
  width?: number | undefined;
}

const KEYS = ["color", "width"];

/** Standard output of Node and what is like it, elsewhere nothing. */
interface Host {
  process?: { stdout?: { isTTY?: boolean }; env?: Record<string, string | undefined> };
}

function onTerminal(): boolean {
  const { stdout, env } = (globalThis as Host).process ?? {};
  return !!stdout?.isTTY && !env?.NO_COLOR && env?.TERM !== "dumb";
}

type Paint = (text: string) => string;

/** Lines of text, and what colours them. */
class Page {
  readonly lines: string[] = [];
  readonly width: number;
  readonly #color: boolean;

  constructor(options: TextOptions | undefined) {
    const o = checkOptions(options, KEYS);
    this.#color = checkBoolean("color", o.color ?? onTerminal());
    this.width = o.width === undefined ? 100 : checkInteger("width", o.width, 80, 100);
  }

  /** By a number of the escape sequence for graphics. */
  paint(code: number): Paint {
    return (text) => (this.#color ? `\u001b[${code}m${text}\u001b[0m` : text);
  }

  readonly bold = this.paint(1);
  readonly dim = this.paint(2);
  readonly red = this.paint(31);
  readonly green = this.paint(32);
  readonly yellow = this.paint(33);

  /** A paragraph, wrapped at spaces; its further lines indented, its first word painted. */
  text(words: string, paint: Paint = String): void {
    let line = "";
    const done: string[] = [];
    for (const word of words.split(" ")) {
      if (line && line.length + 1 + word.length > this.width) {
        done.push(line);
        line = "";
      }
      line = line ? `${line} ${word}` : (done.length ? "  " : "") + word;
    }
    done.push(line);
    const [first, ...rest] = done;
    this.lines.push(
      first.replace(/^\S+/, (word) => paint(word)),
      ...rest,
    );
  }

  /**
   * Rows of cells, columns as wide as they have to be; the last ones are left out where the page is too narrow.
   *
   * @param left Columns whose cells begin to the left; those of the others end to the right.
   * @param paint Of a row, by its number.
   */
  table(
    heads: readonly string[],
    rows: readonly (readonly string[])[],
    left = 1,
    paint?: (row: number) => Paint,
  ): void {
    const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i].length)));
    const wide = (columns: number) => widths.slice(0, columns).reduce((sum, width) => sum + width + 2, -2);
    let columns = heads.length;
    while (wide(columns) > this.width) columns--;
    const pad = (cell: string, i: number) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
    const line = (cells: readonly string[]) => cells.slice(0, columns).map(pad).join("  ").trimEnd();
    this.lines.push(this.bold(line(heads)));
    rows.forEach((row, i) => {
      this.lines.push(paint ? paint(i)(line(row)) : line(row));
    });
  }

  gap(): void {
    this.lines.push("");
  }

  toString(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

const ulp = (value: number | null): string => fixed(value, 2);

const LAYERS = {
  batch: "batch norm",
  layer: "layer norm",
  instance: "instance norm",
  group: "group norm",
  rms: "RMS norm",
};

function title({ subject, input }: Diagnosis): string {
  const { layer, axes, norm, arithmetic, centred, groups } = subject;
  const what = layer ? LAYERS[layer] : centred ? "normalization" : "normalization without centring";
  const { compute, accumulate, order } = arithmetic;
  const format = formatWords(compute);
  let sums = ", sums exact";
  if (accumulate !== "exact") {
    const apart = formatWords(accumulate) === format ? "" : ` in ${formatWords(accumulate)}`;
    sums = `, sums${apart} ${ORDERS[order]}`;
  }
  const over =
    layer && !groups ? "" : groups ? `, ${groups} groups of channels` : `, over axes ${axes.join(", ") || "none"}`;
  return `${normWords(norm)} ${what} of ${input.dtype} [${input.shape.join(", ")}]${over}, in ${format}${sums}`;
}

const ORDERS = { sequential: "one by one", lanes: "in 32 lanes", pairwise: "pairwise" };

function stageTable(page: Page, stages: readonly Stage[]): void {
  const heads = ["stage", "own, max", "total: median", "99 %", "max", "SQNR dB", "NaN/inf"];
  const rows = stages.map(({ name, own, total }) => [
    name,
    ulp(own.maxUlp),
    ulp(total.p50Ulp),
    ulp(total.p99Ulp),
    ulp(total.maxUlp),
    fixed(total.sqnrDb, 1),
    integer(total.mismatchedSpecials),
  ]);
  page.table(heads, rows);
}

function eventTable(page: Page, stages: readonly Stage[]): void {
  const serious: boolean[] = [];
  const rows = stages.flatMap(({ name, events, firsts }) =>
    EVENTS.filter((event) => events[event] > 0).map((event) => {
      serious.push(event === "overflow" || event === "invalid");
      const first = firsts[event];
      const place = first ? [String(first.group), first.index === null ? "-" : String(first.index)] : ["-", "-"];
      return [name, event, integer(events[event]), ...place];
    }),
  );
  if (!rows.length) return;
  page.gap();
  page.table(["stage", "event", "operations", "first: group", "element"], rows, 2, (i) =>
    serious[i] ? page.red : String,
  );
}

/** "input 0.1, accumulation -0.3, final 0.01". */
function partsOf({ input, terms, accumulation, final }: Attribution): string {
  const parts = { input, terms, accumulation, final };
  const present = Object.entries(parts).filter(([, part]) => part !== undefined);
  return present.map(([name, part]) => `${name} ${signed(part as number)}`).join(", ");
}

function facts(page: Page, { stages, headroom, headroomAt, condition, bound, subject }: Diagnosis): void {
  page.gap();
  for (const { name, attribution } of stages) {
    if (!attribution) continue;
    const { group, total } = attribution;
    page.text(`Error of the ${name} of group ${group}: ${signed(total)} = ${partsOf(attribution)}`);
  }
  if (headroom !== null) page.text(`Headroom: ${brief(headroom)} binades, least at the stage ${headroomAt}`);
  if (subject.centred) {
    const infinite = (value: number | null) => (value === null ? "∞" : brief(value));
    page.text(`Condition of the means: median ${infinite(condition.median)}, largest ${infinite(condition.max)}`);
  }
  const { terms, depth, worst, probable, measured } = bound;
  const limit = worst === null ? "no bound" : `bound ${brief(worst)}`;
  page.text(
    `Sums of ${integer(terms)} terms, ${integer(depth)} additions deep, relative error: measured ${brief(measured)}, ` +
      `probable ${brief(probable)}, ${limit}`,
  );
}

function remedyTable(page: Page, remedies: readonly Remedy[]): void {
  if (!remedies.length) return;
  page.gap();
  const rows = remedies.map(({ change, error, gainDb }) => [
    change,
    gainDb === null ? "-" : `${gainDb < 0 ? "" : "+"}${fixed(gainDb, 1)}`,
    fixed(error.sqnrDb, 1),
    integer(error.mismatchedSpecials),
    ulp(error.p50Ulp),
    ulp(error.p99Ulp),
  ]);
  const heads = ["remedies, each run on this data", "gain dB", "SQNR dB", "NaN/inf", "ulp: median", "99 %"];
  page.table(heads, rows, 1, (i) => ((remedies[i].gainDb ?? 0) >= 3 ? page.green : String));
}

const isOf = (value: unknown, schema: string): boolean =>
  isObject(value) && "schema" in value && value.schema === schema;

/**
 * A diagnosis as tables for a terminal, lines of at most `width` columns, with a line feed behind each. Errors are in ulp
 * of the format of the stage.
 *
 * @param diagnosis Of diagnose(), also after JSON.
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value.
 */
export function formatDiagnosis(diagnosis: Diagnosis, options?: TextOptions): string {
  if (!isOf(diagnosis, DIAGNOSIS_SCHEMA)) throw wrong("diagnosis", "what diagnose() gives", diagnosis);
  const page = new Page(options);
  const { input, stages, verdict, reason, notes, remedies } = diagnosis;
  page.text(title(diagnosis));
  const { groups, groupSize, absMin, absMax, count, subnormal } = input;
  const range = absMax === null || absMin === null ? "" : `; magnitudes ${brief(absMin)} to ${brief(absMax)}`;
  const small = subnormal ? `, ${percent(subnormal, count)} subnormal` : "";
  page.text(`${integer(groups)} groups of ${integer(groupSize)}${range}${small}`);
  page.gap();
  const paint = { ok: page.green, degraded: page.yellow, failed: page.red }[verdict];
  page.text(`${verdict}: ${reason}`, paint);
  for (const note of notes) page.text(`note: ${note}`, page.dim);
  page.gap();
  stageTable(page, stages);
  eventTable(page, stages);
  facts(page, diagnosis);
  remedyTable(page, remedies);
  return page.toString();
}

function statisticsTable(page: Page, e: ErrorStatistics): void {
  const where = e.worstIndex === null ? "" : ` at element ${e.worstIndex}`;
  const rows = [
    ["largest error", `${ulp(e.maxUlp)} ulp${where}`],
    ["mean, root mean square", `${ulp(e.meanUlp)}, ${ulp(e.rmsUlp)} ulp`],
    ["median, 99 %, 99.9 %", `${ulp(e.p50Ulp)}, ${ulp(e.p99Ulp)}, ${ulp(e.p999Ulp)} ulp`],
    ["largest, absolute and relative", `${brief(e.maxAbs)}, ${brief(e.maxRel)}`],
    ["SQNR", e.sqnrDb === null ? "-" : `${fixed(e.sqnrDb, 1)} dB`],
    ["cosine", e.cosine === null ? "-" : String(e.cosine)],
    ["bits that every value keeps", brief(e.significantBits)],
    ["NaN or infinite in one only", integer(e.mismatchedSpecials)],
  ];
  for (const [name, value] of rows) page.lines.push(`${name.padEnd(32)}${value}`);
}

/** To three digits, away from 0, so that what is shown passes. */
function upwards(value: number | null): string {
  if (!value) return value === null ? "none" : "0";
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return brief(Number((Math.ceil(value / step) * step).toPrecision(3)));
}

function toleranceTable(page: Page, { numpy, torch }: Comparison["tolerances"]): void {
  const row = (name: string, of: (tolerances: Tolerances) => string) => [name, of(numpy), of(torch)];
  const rows = [
    row("defaults", ({ defaults: { rtol, atol } }) => `rtol ${brief(rtol)}, atol ${brief(atol)}`),
    row("with the defaults", ({ passes }) => (passes ? "passes" : "fails")),
    row("smallest rtol at atol 0", ({ rtol }) => upwards(rtol)),
    row("smallest atol at rtol 0", ({ atol }) => upwards(atol)),
    row("smallest rtol at the default atol", ({ rtolAtDefaultAtol }) => upwards(rtolAtDefaultAtol)),
    row("smallest atol at the default rtol", ({ atolAtDefaultRtol }) => upwards(atolAtDefaultRtol)),
  ];
  page.table(["tolerances", "numpy assert_allclose", "torch assert_close"], rows);
}

/**
 * A comparison as text for a terminal, as formatDiagnosis() does it. The tolerances are those at which the assertions of
 * NumPy and PyTorch pass: one of them alone, the other being 0, or beside the default of the other.
 *
 * @param comparison Of compare(), also after JSON.
 * @throws {TypeError} for a wrong type, {RangeError} for a wrong value.
 */
export function formatComparison(comparison: Comparison, options?: TextOptions): string {
  if (!isOf(comparison, COMPARISON_SCHEMA)) throw wrong("comparison", "what compare() gives", comparison);
  const page = new Page(options);
  const { dtypes, shape, format, count, equalNans, equalInfinities, firstDifference, tolerances } = comparison;
  page.text(
    `${dtypes.actual} against ${dtypes.expected}, [${shape.join(", ")}], ${integer(count)} elements, in ulp of ${formatWords(format)}`,
  );
  const same = equalNans + equalInfinities;
  const specials = same
    ? `; ${integer(equalNans)} NaN and ${integer(equalInfinities)} infinities in the same places`
    : "";
  page.text(
    firstDifference === null ? `equal${specials}` : `first difference at element ${firstDifference}${specials}`,
  );
  page.gap();
  statisticsTable(page, comparison);
  page.gap();
  toleranceTable(page, tolerances);
  return page.toString();
}
