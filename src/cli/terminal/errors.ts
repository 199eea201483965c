/** What can be shown of text from outside: invisible and control characters are escaped, long texts are cut. */
export function printable(text: string, most = 80): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${(sign.codePointAt(0) as number).toString(16)}}`);
}

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

/** A name or value from a file, within a message. */
export const quote = (text: string): string => `"${printable(text)}"`;

/** Bad usage: the message is one line, the exit code 2. */
export class UsageError extends Error {}
