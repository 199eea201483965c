// Names and messages of others within messages: short, whatever they are.

const MOST_NAME = 100;
const MOST_MESSAGE = 400;

export const short = (text: string, most = MOST_NAME): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

export const quote = (name: string): string => JSON.stringify(short(name));

/** What an error says; anything may be thrown. */
export function messageOf(error: unknown): string {
  const { message = error } = (typeof error === "object" && error !== null ? error : {}) as { message?: unknown };
  return short(typeof message === "string" ? message.trim() : "an error without words", MOST_MESSAGE);
}
