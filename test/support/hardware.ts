/** The vectors that half-precision hardware computed, and how they are written in the fixture. */
import { readFileSync } from "node:fs";

export interface HardwareResult {
  readonly order: "sequential" | "lanes" | "pairwise";
  readonly accumulate: "float16" | "float32";
  /** float16 bits of sum x, sum |x|, sum x², the mean and the deviations; y_*: checksum of the normalized output. */
  readonly [field: string]: string | number;
}

export interface HardwareCase {
  readonly n: number;
  readonly bits: Uint16Array;
  readonly results: readonly HardwareResult[];
}

interface Written {
  readonly cases: readonly { n: number; x: string; results: HardwareResult[] }[];
}

export function hardwareCases(): HardwareCase[] {
  const url = new URL("../fixtures/float16-hardware.json", import.meta.url);
  const written = JSON.parse(readFileSync(url, "utf8")) as Written;
  return written.cases.map(({ n, x, results }) => ({
    n,
    results,
    bits: Uint16Array.from({ length: n }, (_, i) => Number.parseInt(x.slice(4 * i, 4 * i + 4), 16)),
  }));
}

/** FNV-1a 32 over the little-endian bytes of float16 outputs, with every NaN as 0x7e00. */
export function checksum(bits: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  const mix = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  };
  for (let i = 0; i < bits.length; i++) {
    const half = (bits[i] & 0x7fff) > 0x7c00 ? 0x7e00 : bits[i];
    mix(half & 255);
    mix(half >> 8);
  }
  return hash;
}
