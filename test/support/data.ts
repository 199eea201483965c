/** Data for emulated arithmetic: every part of a format's range, storages that can and cannot hold the format. */
import { type Format, HALVES } from "../oracle/formats.js";
import type { Plain, Storage } from "./call.js";
import { numbers, toHalves } from "./compare.js";
import { gaussian, randomBits, wide } from "./random.js";

export type Kind = "plain" | "offset" | "wide" | "small" | "large" | "zeros" | "any half";
export const KINDS: readonly Kind[] = ["plain", "offset", "wide", "small", "large", "zeros", "any half"];

/** n float32 values for a format. */
export function values(kind: Kind, format: Format, n: number, seed: number): Float32Array {
  const { emin, emax, precision } = format;
  // Squares and sums of these stay inside the range of small formats for a while.
  const low = Math.max(emin, -40);
  const high = Math.min(emax, 40);
  switch (kind) {
    case "plain":
      return gaussian(n, seed);
    case "offset":
      return gaussian(n, seed, 3, 0.25);
    case "wide":
      return wide(n, seed, low / 2, high / 2);
    case "small":
      // Around the smallest normal value and below: subnormal results, underflow.
      return wide(n, seed, Math.max(emin - precision - 1, -140), Math.max(emin + 3, -120));
    case "large":
      // Overflow in terms, sums and inputs.
      return wide(n, seed, emax - 12, Math.min(emax + 0.25, 127));
    case "zeros":
      return gaussian(n, seed).map((value, i) => (i % 3 ? (value < 0 ? -0 : 0) : value));
    case "any half": {
      const bits = randomBits(seed);
      return Float32Array.from({ length: n }, () => HALVES[bits() % 0x7c00] * (bits() % 2 ? 1 : -1));
    }
  }
}

/** The values in a storage, and as the package will read them. */
export function stored(
  values: Float32Array,
  shape: readonly number[],
  storage: Storage,
): { x: Plain; read: Float32Array } {
  if (storage === "float32") return { x: { data: values, shape }, read: values };
  const data = toHalves(values);
  return { x: { data, shape }, read: Float32Array.from(numbers(data)) };
}

/** The elements of each group. */
export function grouped(data: Float32Array, groups: readonly { readonly elements: readonly number[] }[]): number[][] {
  return groups.map(({ elements }) => elements.map((position) => data[position]));
}
