// A page of text: its width, colours, lines and tables.

import { checkBoolean, checkInteger, checkOptions } from "../checks/arguments.js";

const WIDTH = 80;

/** Breaks a text at its spaces into lines of at most `width`, those behind the first indented by `further`. */
export function wrap(text: string, indent = 0, width = WIDTH, further = indent): string {
  const lines: string[] = [];
  let line = "";
  let before = " ".repeat(indent);
  for (const word of text.split(" ")) {
    if (line && before.length + line.length + 1 + word.length > width) {
      lines.push(before + line);
      line = word;
      before = " ".repeat(further);
    } else {
      line += line ? ` ${word}` : word;
    }
  }
  return [...lines, before + line].join("\n");
}

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
}

const GAP = "  ";
const lengthOf = (text: string): number => [...text].length;

/** Columns that fit beside each other, at least one besides the first; of further blocks the first one is the first, too. */
function blocksOf(widths: readonly number[], most: number): number[][] {
  const blocks: number[][] = [[0]];
  let used = widths[0];
  for (let i = 1; i < widths.length; i++) {
    const more = GAP.length + widths[i];
    if (used + more > most && (blocks.at(-1)?.length ?? 0) > 1) {
      blocks.push([0]);
      used = widths[0];
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

  /** Rows of cells, columns as wide as they have to be. */
  table(columns: readonly Column[], rows: readonly Row[], options: TableOptions = {}): void {
    const { titles = "bold", rows: styleOf, below = false } = options;
    const cells = rows.map((row) => row.map((cell): Cell => (typeof cell === "string" ? { text: cell } : cell)));
    const widths = columns.map(({ title }, i) =>
      cells.reduce((most, row) => Math.max(most, lengthOf(row[i].text)), lengthOf(title)),
    );
    const line = (row: readonly Cell[], block: readonly number[]): string => {
      const parts = block.map((i, position) => {
        const { text, style } = row[i];
        const space = " ".repeat(widths[i] - lengthOf(text));
        const last = position === block.length - 1;
        const shown = this.paint(text, style);
        return columns[i].left ? shown + (last ? "" : space) : space + shown;
      });
      return parts.join(GAP).trimEnd();
    };
    const heads = columns.map(({ title }) => ({ text: title }));
    const blocks = blocksOf(widths, this.width);
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
  const color = checkBoolean("color", o.color ?? onTerminal());
  return new Page(color, o.width === undefined ? 100 : checkInteger("width", o.width, 80, 100));
}
