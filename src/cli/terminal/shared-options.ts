// Options that several commands have, and what their values come to.

import type { Option } from "./options.js";
import { FORMATS, integer, NORMS_HELP, number, optional, USUAL_NORMS } from "./values.js";

/** @param what Is done with the tensors: "Compare". */
export const tensorOption = (what: string) =>
  ({
    type: "string",
    multiple: true,
    value: "NAME",
    help: `${what} the tensors of this name; * and ? stand for other signs. Default: all.`,
  }) as const satisfies Option;

export const NORMS_OPTION = {
  type: "string",
  value: "LIST",
  help: `Norms: ${NORMS_HELP}. Default: ${USUAL_NORMS}.`,
} as const satisfies Option;

export const ARITHMETIC_OPTION = {
  type: "string",
  value: "FORMAT",
  help: `${FORMATS.join(", ")}. Default: float16.`,
} as const satisfies Option;

export const KERNEL_OPTION = {
  type: "string",
  value: "NAME",
  help: "In place of an arithmetic: the kernel of a runtime, such as onnxruntime-web/webgpu LayerNormalization, or one of the kinds float16 sums, float32 sums, float32 statistics and float32. list shows all of them.",
} as const satisfies Option;

/** @param help What makes a check of it. */
export const toleranceOption = (help: string) => ({ type: "string", value: "X", help }) as const satisfies Option;

export const toleranceOf = (text: string | undefined): number | undefined =>
  optional(text, (given) => number("tolerance-ulp", given, 0));

export const JOBS_OPTION = {
  type: "string",
  value: "N",
  help: "Tensors to work on at a time. Default: one for each processor, fewer where they are so large that memory would exceed three times the largest.",
} as const satisfies Option;

export const jobsOf = (text: string | undefined): number | undefined =>
  optional(text, (given) => integer("jobs", given, 1, 256));

/** @param schema Behind "halfnorm.cli.". */
export const jsonOption = (schema: string) =>
  ({ type: "boolean", help: `Write JSON (schema halfnorm.cli.${schema}/1).` }) as const satisfies Option;

export const HTML_OPTION = {
  type: "string",
  value: "FILE",
  help: "Also write a report in HTML.",
} as const satisfies Option;
