/** Comparison of results with expected values: bits, or distances, with a message that names the first difference. */
import { expect } from "vitest";
import { type Exact, ulpError } from "../oracle/exact.js";
import { FLOAT16, HALVES, roundTo, toHalfBits } from "../oracle/formats.js";

/** What a function of the package returns, in any of its forms. */
export interface Result {
  readonly data: unknown;
  readonly shape: readonly number[];
}

/** The elements of a result as numbers; float16 bits are decoded. */
export function numbers(result: unknown): Float64Array {
  const data = dataOf(result);
  if (data instanceof Uint16Array) return Float64Array.from(data, (half) => HALVES[half]);
  return Float64Array.from(data as ArrayLike<number>);
}

/** The typed array inside a result. */
export function dataOf(result: unknown): ArrayLike<number> & ArrayBufferView {
  const data = ArrayBuffer.isView(result) ? result : (result as Result).data;
  return data as ArrayLike<number> & ArrayBufferView;
}

/** Equal as values, with NaN equal to NaN and zeros told apart by sign. */
function same(actual: number, expected: number): boolean {
  return Object.is(actual, expected) || (Number.isNaN(actual) && Number.isNaN(expected));
}

function show(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * Fails unless every element is the expected one to the bit. A float16 result is compared with the expected value
 * rounded to float16, a float32 result has to hold it exactly.
 */
export function expectBits(result: unknown, expected: ArrayLike<number>, what: string): void {
  const data = dataOf(result);
  const half = data instanceof Uint16Array;
  if (data.length !== expected.length) expect.fail(`${what}: ${data.length} elements instead of ${expected.length}`);
  let wrong = 0;
  let first = "";
  for (let i = 0; i < expected.length; i++) {
    const actual = half ? HALVES[data[i]] : data[i];
    const wanted = half ? roundTo(FLOAT16, expected[i]) : expected[i];
    if (same(actual, wanted)) continue;
    if (wrong++ === 0) first = `element ${i} is ${show(actual)} instead of ${show(wanted)}`;
  }
  if (wrong > 0) expect.fail(`${what}: ${wrong} of ${expected.length} differ; ${first}`);
}

/** Fails unless every element is within `units` of the expected value, in units given for each element. */
export function expectNear(
  result: unknown,
  expected: ArrayLike<number>,
  unit: (i: number) => number,
  units: number,
  what: string,
): void {
  const data = numbers(result);
  if (data.length !== expected.length) expect.fail(`${what}: ${data.length} elements instead of ${expected.length}`);
  let worst = 0;
  let message = "";
  for (let i = 0; i < expected.length; i++) {
    if (same(data[i], expected[i])) continue;
    const distance = Math.abs(data[i] - expected[i]) / unit(i);
    // Written so that NaN counts as far.
    if (!(distance <= worst)) {
      worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
      message = `element ${i} is ${show(data[i])} instead of ${show(expected[i])}`;
    }
  }
  if (worst > units) expect.fail(`${what}: off by ${worst.toPrecision(3)} units; ${message}`);
}

/** The float16 bits of numbers, each rounded to the nearest. */
export function toHalves(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, toHalfBits);
}

/** What every native norm, mean and deviation is held to, in units in the last place of the exact value. */
const ULPS = 2;

/** Fails when a result is farther than that from the exact value, unless that is beyond float32. */
export function expectClose(actual: number, exact: Exact, what: string): void {
  if (Math.abs(exact.toNumber()) > 3.4028235e38) {
    expect(Math.abs(actual), what).toBe(Number.POSITIVE_INFINITY);
    return;
  }
  const error = Math.abs(ulpError(actual, exact));
  if (!(error <= ULPS)) expect.fail(`${what}: ${actual} is ${error.toPrecision(4)} ulp from ${exact.toNumber()}`);
}

/** How much may cancel in a sum, sum |x| / |sum x|, whose mean is still held to that. */
export const SIGNED_LIMIT = 2 ** 20;
