// The command line, apart from what its end looks like. Commands are loaded when one is asked for: all of them, as they are built.

import { wrap } from "../text/page.js";
import { FINE } from "./terminal/checks.js";
import { UsageError } from "./terminal/errors.js";
import { type Command, helpOf, parse } from "./terminal/options.js";
import { print } from "./terminal/output.js";
import { printable } from "./terminal/printable.js";
import { version } from "./version.js";

/** The commands, in the order of the help: a row here, and a folder of that name. */
export const COMMANDS: Readonly<Record<string, { summary: string; load(): Promise<Command> }>> = {
  diagnose: {
    summary: "what an arithmetic does to normalizations, of tensors and in models",
    load: async () => (await import("./diagnose/command.js")).diagnose,
  },
  compare: {
    summary: "how far the tensors of one file are from those of another",
    load: async () => (await import("./compare/command.js")).compare,
  },
  merge: {
    summary: "what the parts of a diagnosis have found, joined",
    load: async () => (await import("./merge/command.js")).merge,
  },
  sweep: {
    summary: "which data each norm can take in half precision",
    load: async () => (await import("./sweep/command.js")).sweep,
  },
  bench: {
    summary: "how fast and how exact the kernels are on this machine",
    load: async () => (await import("./bench/command.js")).bench,
  },
};

const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;

const HELP = `Usage: halfnorm COMMAND [options]

Normalization by L1, L2, L∞, range, top-k and Lp norms in low precision.

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`)
  .join("\n")}

Options:
  --help              Show this help; behind a command, that of the command.
  --version           Show the version.

Examples:
  halfnorm diagnose activations.npy
  halfnorm diagnose model.safetensors --tensor "conv*.weight" --fail-on failed
  halfnorm diagnose model.onnx --input run.npz --keep keep.json
  halfnorm compare half.npy single.npy --tolerance-ulp 4
  halfnorm sweep --json

${wrap("Exit code: 0 fine, 1 the check that was asked for failed, 2 bad usage or input that cannot be read.")}
`;

/**
 * Runs a command line.
 *
 * @param args What stands behind "halfnorm".
 * @returns The exit code.
 * @throws {UsageError | FileError} with one line for the user.
 */
export async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version") {
    await print(`${version()}\n`);
    return FINE;
  }
  if (name === "--help" || name === "-h" || (name === "help" && !rest.length)) {
    await print(HELP);
    return FINE;
  }
  if (name === "help") return run([...rest, "--help"]);
  const known = Object.keys(COMMANDS).join(", ");
  if (name === undefined) throw new UsageError(`expected a command, one of ${known}; --help says more`);
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(
      `unknown ${name.startsWith("-") ? "option" : "command"} ${printable(name)}, commands are ${known}`,
    );
  }
  const command = await COMMANDS[name].load();
  if (rest.includes("--help") || rest.includes("-h")) {
    await print(helpOf(name, command));
    return FINE;
  }
  const { values, operands } = parse(rest, command.options);
  return command.run(values, operands);
}
