// A page of text: its width, colours, lines and tables.

import { checkBoolean, checkInteger, checkOptions } from "../checks/arguments.js";

const WIDTH = 80;

/** The word in pieces of at most this many signs. */
function pieces(word: string, most: number): string[] {
  const signs = [...word];
  if (signs.length <= most) return [word];
  return Array.from({ length: Math.ceil(signs.length / most) }, (_, i) =>
    signs.slice(i * most, (i + 1) * most).join(""),
  );
}

/**
 * Breaks a text at its spaces into lines of at most `width`, those behind the first indented by `further`; words that are
 * longer than a line are broken, too.
 */
export function wrap(text: string, indent = 0, width = WIDTH, further = indent): string {
  const lines: string[] = [];
  let line = "";
  let before = " ".repeat(indent);
  const most = Math.max(1, width - Math.max(indent, further));
  for (const word of text.split(" ").flatMap((each) => pieces(each, most))) {
    if (line && lengthOf(before) + lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(before + line);
      line = word;
      before = " ".repeat(further);
    } else {
      line += line ? ` ${word}` : word;
    }
  }
  return [...lines, before + line].join("\n");
}

/** Widths that a page may have. */
export const NARROWEST = 40;
export const WIDEST = 200;

/** Of `formatDiagnosis()` and `formatComparison()`. */
export interface TextOptions {
  /** Escape sequences for colours. Default: when standard output is a terminal, and NO_COLOR is not set. */
  color?: boolean | undefined;
  /** Columns, 40 to 200. Default: 100. */
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

/** Numbers of the escape sequence for graphics. */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof STYLES;

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

export interface Column {
  readonly title: string;
  /** Default: right, as numbers stand. */
  readonly left?: boolean | undefined;
  /** Left out where a line has no room for it: those of the least number first. Default: never. */
  readonly shed?: number | undefined;
}

/** Columns of these titles, as many of them as said to the left. */
export const columnsOf = (titles: readonly string[], left = 1): Column[] =>
  titles.map((title, i) => ({ title, left: i < left }));

export type Row = readonly (Cell | string)[];

export interface TableOptions {
  /** Of the titles. Default: bold. */
  readonly titles?: Style;
  /** Of a row, by its number, besides that of its cells. */
  readonly rows?: (row: number) => Style | undefined;
  /** Columns that do not fit stand below, beside the first one again. Default: they are left out. */
  readonly below?: boolean;
  /** Whether the first column has names, which may be shortened before columns are left out. */
  readonly names?: boolean;
}

const GAP = "  ";

/** Signs of a text, as a terminal counts most of them. */
const HARMLESS = /^[ -~]*$/;
function lengthOf(text: string): number {
  return HARMLESS.test(text) ? text.length : [...text].length;
}

/** Signs that a column keeps at least, where it is too wide. */
const LEAST = 8;

/** The text with what is in its middle left out: names differ at their ends. */
function shortened(text: string, most: number): string {
  const signs = [...text];
  if (signs.length <= most) return text;
  const head = Math.floor((most - 1) / 2);
  return `${signs.slice(0, head).join("")}…${signs.slice(signs.length - (most - 1 - head)).join("")}`;
}

/** The columns that there is room for, those left out that may be, in their order. */
function roomFor(columns: readonly Column[], widths: readonly number[], most: number): number[] {
  let shown = [...columns.keys()];
  const excess = (): number => shown.reduce((sum, i) => sum + widths[i] + GAP.length, -GAP.length) - most;
  const order = shown.filter((i) => columns[i].shed !== undefined);
  order.sort((a, b) => (columns[a].shed as number) - (columns[b].shed as number));
  for (const i of order) {
    if (excess() <= 0) break;
    shown = shown.filter((other) => other !== i);
  }
  return shown;
}

/** Columns that fit beside each other, at least one besides the first; of further blocks the first one is the first, too. */
function blocksOf(columns: readonly number[], widths: readonly number[], most: number): number[][] {
  const [first, ...others] = columns;
  const blocks: number[][] = [[first]];
  let used = widths[first];
  for (const i of others) {
    const more = GAP.length + widths[i];
    if (used + more > most && (blocks.at(-1)?.length ?? 0) > 1) {
      blocks.push([first]);
      used = widths[first];
    }
    blocks.at(-1)?.push(i);
    used += more;
  }
  return blocks;
}

/** Lines of text, and what colours them. */
export class Page {
  readonly lines: string[] = [];

  constructor(
    private readonly color: boolean,
    readonly width: number,
  ) {}

  paint(text: string, style: Style | undefined): string {
    return this.color && style ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  }

  /** A paragraph; its further lines indented, its first word painted. */
  text(words: string, style?: Style): void {
    this.lines.push(wrap(words, 0, this.width, 2).replace(/^\S+/, (word) => this.paint(word, style)));
  }

  /**
   * Rows of cells, columns as wide as they have to be. What is too long for a line is shortened.
   *
   * @returns Titles of the columns that were left out.
   */
  table(columns: readonly Column[], rows: readonly Row[], options: TableOptions = {}): string[] {
    const { titles = "bold", rows: styleOf, below = false, names = false } = options;
    const cells = rows.map((row) => row.map((cell): Cell => (typeof cell === "string" ? { text: cell } : cell)));
    const wanted = columns.map(({ title }, i) =>
      cells.reduce((most, row) => Math.max(most, lengthOf(row[i].text)), lengthOf(title)),
    );
    const [first] = wanted;
    const least = names ? Math.min(first, Math.floor(this.width / 3)) : first;
    const shown = roomFor(columns, [least, ...wanted.slice(1)], this.width);
    const [, ...others] = shown.map((i) => wanted[i] + GAP.length);
    const beside = others.reduce((sum, width) => sum + width, 0);
    // where not all stand beside each other, the first one stands beside each of the others
    const widest = Math.min(Math.max(0, ...others), this.width - Math.min(LEAST, first));
    const room = this.width - (beside + least <= this.width ? beside : widest);
    const widths = wanted.map((width, i) => Math.min(width, i ? widest - GAP.length : room));
    const line = (row: readonly Cell[], block: readonly number[]): string => {
      const parts = block.map((i, position) => {
        const { style } = row[i];
        const text = shortened(row[i].text, widths[i]);
        const space = " ".repeat(widths[i] - lengthOf(text));
        const last = position === block.length - 1;
        const painted = this.paint(text, style);
        return columns[i].left ? painted + (last ? "" : space) : space + painted;
      });
      return parts.join(GAP).trimEnd();
    };
    const heads = columns.map(({ title }) => ({ text: title }));
    const blocks = blocksOf(shown, widths, this.width);
    for (const [at, block] of (below ? blocks : blocks.slice(0, 1)).entries()) {
      if (at) this.gap();
      this.lines.push(this.paint(line(heads, block), titles));
      const [, ...rest] = block;
      for (const [i, row] of cells.entries()) {
        // of columns that stand below, rows that say nothing are left out
        if (at && !rest.some((column) => row[column].text)) continue;
        this.lines.push(this.paint(line(row, block), styleOf?.(i)));
      }
    }
    return columns.flatMap(({ title }, i) => (shown.includes(i) ? [] : [title]));
  }

  gap(): void {
    this.lines.push("");
  }

  toString(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

/** A page as it is asked for. */
export function pageFor(options: TextOptions | undefined): Page {
  const o = checkOptions(options, KEYS);
  const { color = onTerminal(), width = 100 } = o;
  return new Page(checkBoolean("color", color), checkInteger("width", width, NARROWEST, WIDEST));
}
