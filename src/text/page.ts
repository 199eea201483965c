// A page of text: its width, colours, lines and tables.

import { checkBoolean, checkInteger, checkOptions } from "../checks/arguments.js";

const WIDTH = 80;

/** Breaks a text into lines. */
export function wrap(text: string, indent = 0, width = WIDTH): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line += line ? ` ${word}` : word;
    }
  }
  return [...lines, line].map((each) => " ".repeat(indent) + each).join("\n");
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

type Paint = (text: string) => string;

/** Lines of text, and what colours them. */
export class Page {
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
