// Text from outside, as it may be shown: names of files and tensors, values of options, messages of others. Terminals obey
// control characters, those of C1 (from 0x80 on) too, and signs of direction make a name look like another one.

/** Control characters, invisible signs and those of direction, halves of pairs, ends of lines. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const HARMLESS = /^[ -~]*$/;

/** The text with an escape for every sign that is not to be seen, or does something else than to be seen. */
export function visible(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text.replace(UNSAFE, (sign) => `\\u{${(sign.codePointAt(0) as number).toString(16)}}`);
}

/** The same, cut to as many UTF-16 units before that. */
export function printable(text: string, most = 80): string {
  if (text.length <= most) return visible(text);
  // no half of a pair is left behind
  return visible(`${text.slice(0, Math.max(0, most - 1)).replace(/[\ud800-\udbff]$/, "")}…`);
}

/** A name or value within a message. */
export const quote = (text: string): string => `"${printable(text)}"`;

/** A few of many names, and how many more there are. */
export function few(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map((name) => printable(name));
  const more = names.length - shown.length;
  return shown.join(", ") + (more ? ` and ${more} more` : "");
}

const units = (sign: string): string =>
  Array.from({ length: sign.length }, (_, i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** The same JSON, in which the signs that a terminal obeys are escaped; line feeds are those between its parts. */
export const safeJson = (json: string): string =>
  // few signs are none of ASCII, and only these are looked up in the tables of Unicode
  json.replace(/[^ -~\n]+/g, (signs) => signs.replace(UNSAFE, units));
