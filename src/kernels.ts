// The exports of the Wasm module in one table: what the engine binds, what tests and benchmarks iterate over.

import { LAYOUT_COLUMNS, LAYOUT_ROWS, STORAGE_FLOAT16, STORAGE_FLOAT32 } from "./layout.js";

/** The module's exports. None of them throws; addresses are in bytes, `n` in elements. */
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

export interface KernelInfo {
  readonly name: keyof Kernels;
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
  name: keyof Kernels,
  arithmetic: KernelInfo["arithmetic"],
  parameters: number,
  layouts: readonly number[],
  reads: readonly number[],
  writes: readonly number[],
): KernelInfo => ({ name, planned: layouts.length > 0, parameters, layouts, reads, writes, arithmetic });

export const KERNELS: readonly KernelInfo[] = /* @__PURE__ */ (() => [
  info("rows", "native", 0, [LAYOUT_ROWS], ANY, ANY),
  info("columns", "native", 0, [LAYOUT_COLUMNS], ANY, ANY),
  info("emulate", "emulated", 0, BOTH_LAYOUTS, ANY, ANY),
  info("setFormat", "none", 7, [], [], []),
  info("round", "none", 5, [], SINGLE, SINGLE),
  info("pack", "none", 3, [], SINGLE, HALF),
  info("unpack", "none", 3, [], HALF, SINGLE),
  info("trelu", "none", 3, [], SINGLE, SINGLE),
])();
