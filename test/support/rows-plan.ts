/** The kernel of rows by itself, with plans that no function makes. */

import * as at from "../../src/abi/plan.js";
import { coreBytes } from "../../src/engine/core.generated.js";
import { Engine } from "../../src/engine/engine.js";

const own = new Engine(coreBytes());

/** Before the arrays of a plan. */
export function startPlan(): void {
  own.heap.begin();
}

/** Room of so many bytes, until the next plan. */
export const scratch = (bytes: number): number => own.heap.scratch(bytes + at.SLACK);

/** A copy in kernel memory: its address. */
export function place(values: Float32Array): number {
  const address = scratch(values.byteLength);
  own.heap.f32.set(values, address / 4);
  return address;
}

/** Runs a plan: 32-bit fields, or lists of them, and float64 ones; all others are 0. */
export function runRows(fields: [number, number | number[]][], numbers: [number, number][]): void {
  const { i32, f64 } = own.heap;
  i32.fill(0, at.TASK >> 2, at.PLAN_END >> 2);
  for (const [field, value] of fields) i32.set([value].flat(), field >> 2);
  for (const [field, value] of numbers) f64[field >> 3] = value;
  own.kernels.rows();
  own.planned = undefined;
}

/** n numbers from an address on, by their bits. */
export const bitsAt = (address: number, n: number): Buffer =>
  Buffer.from(own.heap.f32.slice(address / 4, address / 4 + n).buffer);
