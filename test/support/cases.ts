/** Tables that the conformance tests share. */
import type { NormName } from "../../src/numerics/norm.js";
import { isTop, type Norm } from "../oracle/emulated.js";

/** Lengths on both sides of every block, tile and vector that a kernel may work in. */
export const SIZES: readonly number[] = [
  1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257,
];
export const LONG_SIZES: readonly number[] = [1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 10_000];

/** The norms with a name, once for each number that one may have. */
const NORMS: Record<Exclude<NormName, "none">, (ks: readonly number[], ps: readonly number[]) => Norm[]> = {
  l1: () => ["l1"],
  l2: () => ["l2"],
  linf: () => ["linf"],
  range: () => ["range"],
  topk: (ks) => ks.map((topk) => ({ topk })),
  lp: (_, ps) => ps.map((lp) => ({ lp })),
};

/** Every norm, with each k and p. */
export const everyNorm = (ks: readonly number[] = [3], ps: readonly number[] = [3]): Norm[] =>
  Object.values(NORMS).flatMap((norms) => norms(ks, ps));

/** Every kind of norm that n elements allow, with each p. */
export function normsOf(n: number, ps: readonly number[] = [1, 1.5, 3, 2.7]): Norm[] {
  const ks = [...new Set([1, 2, 10, Math.ceil(n / 3), n])].filter((k) => k <= n);
  return everyNorm(ks, ps);
}

/** Whether groups of n elements have a norm. */
export const fits = (norm: Norm, n: number): boolean => !isTop(norm) || norm.topk <= n;

export function show(norm: Norm | "none"): string {
  if (typeof norm === "string") return norm;
  return isTop(norm) ? `top-${norm.topk}` : `l${norm.lp}`;
}
