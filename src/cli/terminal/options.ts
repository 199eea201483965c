// What a command is: its options are one table, which the parser and the help are made from.

import { parseArgs } from "node:util";
import { wrap } from "../../text/page.js";
import { UsageError } from "./errors.js";

export interface Option {
  readonly type: "string" | "boolean";
  /** May be repeated. */
  readonly multiple?: true;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}
export type Options = Readonly<Record<string, Option>>;

export type Values<O extends Options> = {
  readonly [K in keyof O]?: O[K]["type"] extends "boolean"
    ? boolean
    : O[K]["multiple"] extends true
      ? string[]
      : string;
};

export interface Command<O extends Options = Options> {
  /** The arguments without options: "FILE...". */
  readonly operands: string;
  /** What it does, in paragraphs. */
  readonly about: readonly string[];
  readonly options: O;
  /** Command lines behind "halfnorm", with what they do. */
  readonly examples: readonly (readonly [string, string])[];
  /** @returns The exit code. */
  run(values: Values<O>, operands: readonly string[]): Promise<number>;
}

/** Infers the types of the options. */
export const command = <const O extends Options>(definition: Command<O>): Command => definition as unknown as Command;

/** Values that begin with a minus sign are joined to their option: the parser would take them for another one. */
function joinNegative(args: readonly string[], options: Options): string[] {
  const joined: string[] = [];
  for (const argument of args) {
    const last = joined.at(-1) ?? "";
    const takes = last.startsWith("--") && options[last.slice(2)]?.type === "string";
    if (takes && /^-[\d.]/.test(argument)) joined[joined.length - 1] = `${last}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}

/** @throws {UsageError} */
export function parse(args: readonly string[], options: Options): { values: Values<Options>; operands: string[] } {
  const known = Object.entries(options).map(
    ([name, { type, multiple = false }]) => [name, { type, multiple }] as const,
  );
  try {
    const { values, positionals } = parseArgs({
      args: joinNegative(args, options),
      options: Object.fromEntries(known),
      allowPositionals: true,
    });
    return { values: values as Values<Options>, operands: positionals };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    throw new UsageError(message.replace(/\s+/g, " ").replace(/\. To specify a positional.*/, ""));
  }
}

const INDENT = 26;

function optionHelp(name: string, { value, help, multiple }: Option): string {
  const left = `  --${name}${value ? ` ${value}` : ""}`;
  const text = wrap(`${help}${multiple ? " May be repeated." : ""}`, INDENT);
  return left.length < INDENT - 1 ? left + text.slice(left.length) : `${left}\n${text}`;
}

/** The help of a command. */
export function helpOf(name: string, { operands, about, options, examples }: Command): string {
  const usage = `Usage: halfnorm ${name} ${operands ? `${operands} ` : ""}[options]`;
  const all = { ...options, help: { type: "boolean", help: "Show this help." } as const };
  const lines = Object.entries(all).map(([option, definition]) => optionHelp(option, definition));
  const shown = examples.map(([line, what]) => `  halfnorm ${line}\n${wrap(what, 6)}`);
  return [
    usage,
    ...about.map((text) => wrap(text)),
    `Options:\n${lines.join("\n")}`,
    `Examples:\n${shown.join("\n")}\n`,
  ].join("\n\n");
}
