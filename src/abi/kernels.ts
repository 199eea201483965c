// The exports of the Wasm modules in one table: what the engine binds, what tests and benchmarks iterate over.

import { LAYOUT_COLUMNS, LAYOUT_ROWS, STORAGE_FLOAT16, STORAGE_FLOAT32 } from "./plan.js";

/** Exports of the core. None of them throws; addresses are in bytes, `n` in elements. */
export interface Kernels {
  /** Native arithmetic by the plan, LAYOUT_ROWS. */
  rows(): void;
  /** Native arithmetic by the plan, LAYOUT_COLUMNS. */
  columns(): void;
  /** Emulated arithmetic by the plan and the two formats, both layouts. */
  emulate(): void;
  /** Fills the constants of a format slot. */
  setFormat(
    slot: number,
    precision: number,
    emin: number,
    emax: number,
    max: number,
    overflow: number,
    subnormals: number,
  ): void;
  /** float32 to float32 on the grid of FORMAT_COMPUTE, in place allowed. */
  round(from: number, to: number, n: number, mode: number, seed: number): void;
  /** float32 to float16 bits; the regions do not overlap. */
  pack(from: number, to: number, n: number): void;
  /** float16 bits to float32; the regions do not overlap. */
  unpack(from: number, to: number, n: number): void;
  /** float32, in place allowed. */
  trelu(from: number, to: number, n: number): void;
}

/** What diagnosing adds. */
export interface DiagnosisKernels {
  /** The format whose spacing errors are measured in. */
  setUnit(precision: number, emin: number, emax: number): void;
  /** Error statistics of no pairs. */
  startErrors(state: number): void;
  /** Adds n pairs, computed and exact ones each with their storage, and writes their |e| as float32. */
  compare(
    state: number,
    computed: number,
    computedStorage: number,
    exact: number,
    exactStorage: number,
    first: number,
    n: number,
    errors: number,
  ): void;
  /** Quantiles of n |e|, which are lost. */
  select(state: number, errors: number, n: number, table: number): void;
  /** Begins to count. */
  startInspection(): void;
  /** Counts what n elements are. */
  inspect(from: number, storage: number, n: number): void;
  /** Emulated arithmetic by the plan but for the output, each operation watched, each group held against the exact one. */
  trace(): void;
  /** After trace(): error statistics of a stage that has a value for each element. */
  sweep(stage: number): void;
  /** After trace(): what the total error of the mean or the sum of a group consists of. */
  attribute(stage: number, group: number): void;
  /** Error statistics of given outputs against the exact ones of the plan. */
  judge(): void;
}

/** What gradients add. */
export interface GradientKernels {
  /** Gradients in native arithmetic by the plan, both layouts. */
  backward(): void;
  /** The same in emulated arithmetic. */
  emulateBackward(): void;
  /** Emulated sums by the plan, to MEAN. */
  emulateSums(): void;
}

/** Modules on one memory: the core is in every bundle, the others are in those that use them. */
export type PartName = "core" | "diagnosis" | "gradients";

export type KernelName = keyof Kernels | keyof DiagnosisKernels | keyof GradientKernels;

export interface KernelInfo {
  readonly name: KernelName;
  readonly part: PartName;
  /** By the plan at PLAN, or by arguments. */
  readonly planned: boolean;
  readonly parameters: number;
  /** LAYOUT constants that it walks. */
  readonly layouts: readonly number[];
  /** STORAGE constants that it reads, and those that it writes. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** NORM constants are all served by planned kernels. */
  readonly arithmetic: "native" | "emulated" | "none";
}

const BOTH_LAYOUTS = [LAYOUT_ROWS, LAYOUT_COLUMNS];
const SINGLE = [STORAGE_FLOAT32];
const HALF = [STORAGE_FLOAT16];
const ANY = [STORAGE_FLOAT32, STORAGE_FLOAT16];

const info = (
  part: PartName,
  name: KernelName,
  arithmetic: KernelInfo["arithmetic"],
  parameters: number,
  layouts: readonly number[],
  reads: readonly number[],
  writes: readonly number[],
): KernelInfo => ({ part, name, planned: layouts.length > 0, parameters, layouts, reads, writes, arithmetic });

export const KERNELS: readonly KernelInfo[] = [
  /* @__PURE__ */ info("core", "rows", "native", 0, [LAYOUT_ROWS], ANY, ANY),
  /* @__PURE__ */ info("core", "columns", "native", 0, [LAYOUT_COLUMNS], ANY, ANY),
  /* @__PURE__ */ info("core", "emulate", "emulated", 0, BOTH_LAYOUTS, ANY, ANY),
  /* @__PURE__ */ info("core", "setFormat", "none", 7, [], [], []),
  /* @__PURE__ */ info("core", "round", "none", 5, [], SINGLE, SINGLE),
  /* @__PURE__ */ info("core", "pack", "none", 3, [], SINGLE, HALF),
  /* @__PURE__ */ info("core", "unpack", "none", 3, [], HALF, SINGLE),
  /* @__PURE__ */ info("core", "trelu", "none", 3, [], SINGLE, SINGLE),
  /* @__PURE__ */ info("diagnosis", "setUnit", "none", 3, [], [], []),
  /* @__PURE__ */ info("diagnosis", "startErrors", "none", 1, [], [], []),
  /* @__PURE__ */ info("diagnosis", "compare", "none", 8, [], ANY, SINGLE),
  /* @__PURE__ */ info("diagnosis", "select", "none", 4, [], SINGLE, []),
  /* @__PURE__ */ info("diagnosis", "startInspection", "none", 0, [], [], []),
  /* @__PURE__ */ info("diagnosis", "inspect", "none", 3, [], ANY, []),
  /* @__PURE__ */ info("diagnosis", "trace", "emulated", 0, BOTH_LAYOUTS, ANY, []),
  /* @__PURE__ */ info("diagnosis", "sweep", "emulated", 1, BOTH_LAYOUTS, ANY, SINGLE),
  /* @__PURE__ */ info("diagnosis", "attribute", "emulated", 2, BOTH_LAYOUTS, ANY, []),
  /* @__PURE__ */ info("diagnosis", "judge", "none", 0, BOTH_LAYOUTS, ANY, SINGLE),
  /* @__PURE__ */ info("gradients", "backward", "native", 0, BOTH_LAYOUTS, ANY, ANY),
  /* @__PURE__ */ info("gradients", "emulateBackward", "emulated", 0, BOTH_LAYOUTS, ANY, ANY),
  /* @__PURE__ */ info("gradients", "emulateSums", "emulated", 0, BOTH_LAYOUTS, ANY, SINGLE),
];
