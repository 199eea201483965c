// Standard output and standard error: what depends on whether they are a terminal, and on whether anybody still reads.

import { setImmediate } from "node:timers/promises";
import { NARROWEST, Page, type TextOptions, WIDEST } from "../../text/page.js";
import { printable, safeJson } from "./printable.js";
import { systemError } from "./system-errors.js";

/** Whether the reader has closed the pipe. */
let closed = false;

/** Why nothing more can be written to standard output, if so. */
let failure: unknown;

/**
 * A closed pipe is no error: whoever reads has seen enough. Any other failure to write ends the program, whatever it does.
 *
 * @param end Says why, and ends it.
 */
export function watchOutput(end: (error: unknown) => void): void {
  const watch = (stream: NodeJS.WriteStream, label: string): void => {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") {
        closed ||= stream === process.stdout;
        return;
      }
      failure ??= error;
      end(systemError(label, error));
    });
  };
  watch(process.stdout, "standard output");
  watch(process.stderr, "standard error");
}

/** Whether nobody reads any more, so that nothing more need be computed for them. */
export const outputClosed = (): boolean => closed;

/** Writes to standard output; comes back when it has been taken. */
export function print(text: string): Promise<void> {
  if (closed) return Promise.resolve();
  // nothing comes after a failure, which ends the program
  return new Promise((resolve) => process.stdout.write(text, () => failure === undefined && resolve()));
}

/** Signs of JSON that are written at a time, at least. */
const PIECE = 2 ** 16;

const indented = (value: unknown, indent: string): string =>
  safeJson(JSON.stringify(value ?? null, null, 2)).replace(/\n/g, `\n${indent}`);

/**
 * An object written to standard output as JSON, field by field, and its lists element by element: not all of it is there at
 * once, nor would a string hold it. Names in it stay what they are, but nothing in it is obeyed by a terminal.
 */
export class JsonOutput {
  private text = "";
  private before = "{";
  /** The list that is being written. */
  private list: string | undefined;

  /** One more element of the list of this name. */
  element(name: string, value: unknown): Promise<void> {
    if (this.list === name) this.text += ",";
    else this.begin(name, "[");
    this.list = name;
    this.text += `\n    ${indented(value, "    ")}`;
    return this.text.length < PIECE ? Promise.resolve() : this.flush();
  }

  /** A field that is no list, or all of one. */
  async field(name: string, value: unknown): Promise<void> {
    if (!Array.isArray(value) || !value.length) {
      this.begin(name, indented(value, "  "));
      return;
    }
    for (const each of value) await this.element(name, each);
  }

  /** Those that are there, in their order. */
  async fields(value: object): Promise<void> {
    for (const [name, each] of Object.entries(value)) if (each !== undefined) await this.field(name, each);
  }

  end(): Promise<void> {
    this.close();
    this.text += this.before === "{" ? "{}\n" : "\n}\n";
    return this.flush();
  }

  private begin(name: string, content: string): void {
    this.close();
    this.text += `${this.before}\n  ${safeJson(JSON.stringify(name))}: ${content}`;
    this.before = ",";
  }

  private close(): void {
    if (this.list !== undefined) this.text += "\n  ]";
    this.list = undefined;
  }

  private flush(): Promise<void> {
    const { text } = this;
    this.text = "";
    return print(text);
  }
}

/** Writes an object as JSON. */
export async function printJson(value: object): Promise<void> {
  const json = new JsonOutput();
  await json.fields(value);
  await json.end();
}

/** Columns of a line: those that COLUMNS says, those of the terminal, or 80. */
function columns(): number {
  const said = /^\d{1,6}$/.test(process.env.COLUMNS ?? "") ? Number(process.env.COLUMNS) : 0;
  const found = said || (process.stdout.isTTY && process.stdout.columns) || 80;
  return Math.min(Math.max(found, NARROWEST), WIDEST);
}

/** Only on a terminal that has colours, and not with NO_COLOR. */
const hasColors = (): boolean => process.stdout.isTTY && !process.env.NO_COLOR && process.stdout.hasColors();

/** A page as wide as the terminal. */
export const terminalPage = (): Page => new Page(hasColors(), columns());

/** The same for texts of the package. */
export const textOptions = (): TextOptions => ({
  color: hasColors(),
  width: columns(),
});

/** Time that work may take without anybody wondering, in ms. */
const PATIENCE = 400;
const INTERVAL = 100;

/** A line on the terminal that says how far long work is; nothing where standard error is no terminal. */
export class Progress {
  private readonly start = performance.now();
  private last = 0;
  private shown = false;

  /** @param done From 0 to 1. */
  update(done: number, what: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.start < PATIENCE || now - this.last < INTERVAL) return;
    this.last = now;
    this.shown = true;
    const filled = Math.round(done * 20);
    const room = (process.stderr.columns || 80) - 30;
    const bar = "█".repeat(filled) + "░".repeat(20 - filled);
    process.stderr.write(
      `\r\x1b[K${bar} ${String(Math.floor(done * 100)).padStart(3)} % ${room > 0 ? printable(what, room) : ""}`,
    );
  }

  /** The same between two steps of work in this thread: signals and a closed pipe are seen. */
  async step(done: number, what: string): Promise<void> {
    this.update(done, what);
    await setImmediate();
  }

  /** Takes the line away. */
  end(): void {
    if (this.shown) process.stderr.write("\r\x1b[K");
    this.shown = false;
  }
}
