// Kernels of runtimes on the command line: one by its name, in the place of an arithmetic, or all of them as a table.

import { orderWords } from "../../diagnosis/words.js";
import { type ArithmeticInUse, arithmeticOf, checkArithmetic, type Numerics } from "../../numerics/arithmetic.js";
import { kernelDetails } from "../../numerics/kernel-details.js";
import { KERNEL_KINDS, type KernelKind, type KernelName, kernels } from "../../numerics/kernels.js";
import { FINE } from "./checks.js";
import { UsageError } from "./errors.js";
import { print, printJson } from "./output.js";
import type { Section } from "./section.js";
import { sectionsText } from "./sections.js";
import { oneOf } from "./values.js";

const NAMES = Object.keys(kernels) as KernelName[];

/** In the place of a name: show all of them, or put the kinds side by side. */
export const LIST = "list";
export const ALL = "all";

/** Options that say piece by piece what a kernel says at once. */
interface InPieces {
  readonly kernel?: string;
  readonly arithmetic?: string;
  readonly accumulate?: string;
  readonly order?: string;
}

/** @throws {UsageError} where a kernel and a part of an arithmetic are asked for. */
export function checkKernelAlone({ kernel, arithmetic, accumulate, order }: InPieces): void {
  if (kernel === undefined) return;
  for (const [option, given] of Object.entries({ arithmetic, accumulate, order })) {
    if (given !== undefined) throw new UsageError(`--kernel and --${option} exclude each other`);
  }
}

export const kernelNamed = (text: string): KernelName => oneOf("kernel", text, NAMES);

/** Its arithmetic, with nothing left out. */
export const kernelArithmetic = (name: KernelName): ArithmeticInUse =>
  arithmeticOf(checkArithmetic(kernels[name]) as Numerics);

/** What a kind does. */
const KINDS: Readonly<Record<KernelKind, string>> = {
  "float16 sums": "every operation and every sum in float16",
  "float32 sums": "operations in float16, sums in float32",
  "float32 statistics": "mean, S and 1 / S in float32, the output from them in float16",
  float32: "everything in float32, stored in float16",
};

const COLUMNS = [
  { title: "kernel", left: true },
  { title: "sums", left: true, shed: 1 },
  { title: "", left: true, shed: 0 },
];

const NOTE =
  "Named by runtime and operator. What each does otherwise than its arithmetic, and where that was read: --kernel list --json.";

/** A table for each kind. Names are to be typed: all else leaves before they are shortened. */
const kernelSections = (): Section[] =>
  KERNEL_KINDS.map((kind, i) => {
    const rows = NAMES.filter((name) => kernelDetails[name].kind === kind).map((name) => {
      const { order, tail, count } = kernelArithmetic(name);
      return [name, orderWords(order), tail ? "x · a + b" : count ? "n rounded" : ""];
    });
    return {
      title: `${kind}: ${KINDS[kind]}`,
      columns: COLUMNS,
      rows,
      names: true,
      notes: i < KERNEL_KINDS.length - 1 ? [] : [NOTE],
    };
  });

/** Shows all kernels. @returns The exit code. */
export async function listKernels(json = false): Promise<number> {
  const all = NAMES.map((name) => ({ name, ...kernelDetails[name], arithmetic: kernelArithmetic(name) }));
  if (json) await printJson({ schema: "halfnorm.cli.kernels/1", kernels: all });
  else await print(sectionsText(kernelSections()));
  return FINE;
}
