// The grammar that headers of files have in common.

import type { Fail } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";

const SPACE = new Set([" ", "\t", "\r", "\n"]);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Reads the text of a header from left to right, without recursion. */
export class Scanner {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly fail: Fail,
  ) {}

  /** The next character that is not white space; none at the end. */
  peek(): string {
    while (SPACE.has(this.text[this.at])) this.at++;
    return this.text[this.at] ?? "";
  }

  /** Takes the text if it comes next. */
  accept(text: string): boolean {
    this.peek();
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** The error that something else came than what was expected. */
  wrong(expected: string): Error {
    this.peek();
    const rest = this.text.slice(this.at, this.at + 20);
    return this.fail(`has a malformed header: expected ${expected}, got ${rest ? quote(rest) : "its end"}`);
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.wrong(quote(text));
  }

  end(): void {
    if (this.peek()) throw this.wrong("its end");
  }

  /** Everything up to the next mark, which is taken too; undefined when there is none. */
  until(mark: string): string | undefined {
    const end = this.text.indexOf(mark, this.at);
    if (end < 0) return undefined;
    const text = this.text.slice(this.at, end);
    this.at = end + 1;
    return text;
  }

  /** A string of JSON. */
  string(): string {
    const quoted = this.peek() === '"';
    const start = this.at++;
    for (let part = quoted ? this.until('"') : undefined; part !== undefined; part = this.until('"')) {
      let slashes = 0;
      while (part.at(-1 - slashes) === "\\") slashes++;
      if (slashes % 2) continue; // the quote itself is escaped
      try {
        return JSON.parse(this.text.slice(start, this.at));
      } catch {
        break;
      }
    }
    this.at = start;
    throw this.wrong("a string");
  }

  /** An integer from 0 to 2^53 - 1, without sign, fraction or exponent. */
  integer(): number {
    this.peek();
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    const digits = this.text.slice(start, this.at);
    const value = Number(digits);
    if (Number.isSafeInteger(value) && String(value) === digits) return value;
    this.at = start;
    throw this.wrong("an integer from 0 to 2^53 - 1");
  }

  /**
   * Integers with commas between them, up to the closing bracket, which is taken too.
   *
   * @param most More than these are refused before they are stored.
   * @param suffix May stand behind each.
   */
  integers(close: string, most: number, suffix = ""): { values: number[]; trailingComma: boolean } {
    const values: number[] = [];
    let comma = false;
    while (!this.accept(close)) {
      if (values.length && !comma) {
        this.expect(",");
        comma = true;
        continue;
      }
      if (values.length === most) throw this.fail(`has a malformed header: a list of more than ${most} integers`);
      values.push(this.integer());
      if (suffix && this.text.startsWith(suffix, this.at)) this.at += suffix.length;
      comma = false;
    }
    return { values, trailingComma: comma };
  }
}
