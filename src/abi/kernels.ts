// The exports of the Wasm modules in one table: what the engine binds, what tests and benchmarks iterate over.

import { LAYOUT_COLUMNS, LAYOUT_ROWS } from "./plan.js";

/** Exports of the core. None of them throws; addresses are in bytes, `n` in elements. */
export interface Kernels {
  /** Native arithmetic by the plan, LAYOUT_ROWS. */
  rows(): void;
  /** Native arithmetic by the plan, LAYOUT_COLUMNS. */
  columns(): void;
  /** Emulated arithmetic by the plan and the three formats, both layouts. */
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
  /** Whether two stretches of n float32 have the same bits: 1 or 0. */
  equal(a: number, b: number, n: number): number;
  /** Quantiles of n |e|, which are lost; the state knows the greatest. */
  select(state: number, errors: number, n: number, table: number): void;
  /** The first digits of n |e|, counted, of many only where quantiles will be: of copies, whose end it returns. */
  countFirst(errors: number, n: number, table: number, room: number, limit: number): number;
  /** Moves those of n |e| whose digits from `shift` on are a, b or c to the front; returns their end. */
  gatherDigits(errors: number, n: number, shift: number, table: number, a: number, b: number, c: number): number;
  /** The digits at `shift` of those of n |e| that begin with `digits`, counted. */
  countNext(errors: number, n: number, digits: number, shift: number, table: number): void;
  /** The bits of those of n |e| whose digits from `shift` on are these, if they are all the same; -1 if not. */
  commonBits(errors: number, n: number, digits: number, shift: number): number;
  /** Begins to count. */
  startInspection(): void;
  /** Counts what n elements are. */
  inspect(from: number, storage: number, n: number): void;
  /** Emulated arithmetic by the plan but for the output, each operation watched, each group held against the exact one. */
  trace(): void;
  /** After trace(): error statistics of a stage behind the input that has a value for each element. */
  sweep(stage: number): void;
  /** After trace(): what the total error of the mean or the sum of a group consists of. */
  attribute(stage: number, group: number): void;
  /** Error statistics of given outputs against the exact ones of the plan, of which the records say what is known. */
  judge(known: number): void;
}

/** What gradients add. */
interface GradientKernels {
  /** Gradients in native arithmetic by the plan, both layouts. */
  backward(): void;
  /** The same in emulated arithmetic. */
  emulateBackward(): void;
  /** Emulated sums by the plan, to MEAN. */
  emulateSums(): void;
}

/** Modules on one memory: the core is in every bundle, the others are in those that use them. */
export interface Parts {
  core: Kernels;
  diagnosis: DiagnosisKernels;
  gradients: GradientKernels;
}

export type PartName = keyof Parts;
export type KernelName = { [P in PartName]: keyof Parts[P] }[PartName];

interface KernelInfo<Kernel> {
  readonly parameters: Kernel extends (...given: infer Given) => unknown ? Given["length"] : never;
  /** By the plan: the LAYOUT constants that it walks. All norms are served by all of these. */
  readonly layouts?: readonly number[];
}

const BOTH = [LAYOUT_ROWS, LAYOUT_COLUMNS];

export const KERNELS: { readonly [P in PartName]: { readonly [K in keyof Parts[P]]: KernelInfo<Parts[P][K]> } } = {
  core: {
    rows: { parameters: 0, layouts: [LAYOUT_ROWS] },
    columns: { parameters: 0, layouts: [LAYOUT_COLUMNS] },
    emulate: { parameters: 0, layouts: BOTH },
    setFormat: { parameters: 7 },
    round: { parameters: 5 },
    pack: { parameters: 3 },
    unpack: { parameters: 3 },
    trelu: { parameters: 3 },
  },
  diagnosis: {
    setUnit: { parameters: 3 },
    startErrors: { parameters: 1 },
    compare: { parameters: 8 },
    equal: { parameters: 3 },
    select: { parameters: 4 },
    countFirst: { parameters: 5 },
    gatherDigits: { parameters: 7 },
    countNext: { parameters: 5 },
    commonBits: { parameters: 4 },
    startInspection: { parameters: 0 },
    inspect: { parameters: 3 },
    trace: { parameters: 0, layouts: BOTH },
    sweep: { parameters: 1, layouts: BOTH },
    attribute: { parameters: 2, layouts: BOTH },
    judge: { parameters: 1, layouts: BOTH },
  },
  gradients: {
    backward: { parameters: 0, layouts: BOTH },
    emulateBackward: { parameters: 0, layouts: BOTH },
    emulateSums: { parameters: 0, layouts: BOTH },
  },
};
