// What is wrong with what the user gave: messages of one line.

import { printable } from "./printable.js";

/** Anything that is wrong with a file: its message is one line that names the file and what is wrong. */
export class FileError extends Error {
  /**
   * @param file The file as the user named it.
   * @param problem Continues the line: "is a directory".
   */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${printable(file, 1024)}: ${problem}`, options);
    this.name = "FileError";
  }
}

/** The error for a problem with the file that is being read. */
export type Fail = (problem: string, options?: ErrorOptions) => FileError;

/** What the package says of memory, before what programs can do about it. */
const MEMORY = /^not enough memory: \d+ bytes needed/;

/**
 * Why something cannot be done with a tensor.
 *
 * @param advice What can be done where memory is not enough, in place of what a program can do.
 */
export function messageOf({ message }: Error, advice = "fewer jobs or smaller tensors need less"): string {
  const [memory] = MEMORY.exec(message) ?? [];
  return memory ? `${memory}; ${advice}` : message;
}

/** Bad usage: the message is one line, the exit code 2. */
export class UsageError extends Error {}

/** Signs of the line that says what is wrong. */
const MOST = 4096;

/** What is written to standard error before the end. */
export function failureLine(error: unknown): string {
  const message = error instanceof Error ? messageOf(error) : String(error);
  const expected = error instanceof UsageError || error instanceof FileError || error instanceof RangeError;
  return `${printable(`halfnorm: ${expected ? "" : "internal error: "}${message.replace(/\s+/g, " ")}`, MOST)}\n`;
}
