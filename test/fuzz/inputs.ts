/** Random tensors and arithmetics, and what holds of every call. */

import fc from "fast-check";
import { expect } from "vitest";
import { type DType, memory, Tensor } from "../../src/index.js";
import { checkArithmetic } from "../../src/numerics/arithmetic.js";
import { defaultEps } from "../../src/numerics/eps.js";
import { checkNorm } from "../../src/numerics/norm.js";
import * as oracle from "../oracle/emulated.js";
import { HALVES } from "../oracle/formats.js";
import { sizeOf } from "../oracle/walk.js";
import { everyNorm, normsOf } from "../support/cases.js";
import { numbers, toHalves } from "../support/compare.js";
import { type ArithmeticPair, arithmetic, customFormat, FLOAT32, type FormatPair } from "../support/formats.js";
import { kernels } from "../support/kernels.js";
import { normal, uniform } from "../support/random.js";
import { any } from "../support/refuses.js";
import { FORMS, type Held } from "./forms.js";

/** Values by their number; those of all magnitudes and all specials among them. */
const VALUES: Record<string, (seed: number) => () => number> = {
  normal: (seed) => normal(seed),
  "whole numbers": (seed) => {
    const next = uniform(seed);
    return () => Math.floor(next() * 9) - 4;
  },
  "equal ones": (seed) => () => (seed % 1000) / 64 - 5,
  "far from zero": (seed) => {
    const next = normal(seed);
    return () => 1000 + next();
  },
  "of many magnitudes": (seed) => {
    const [next, scale] = [normal(seed), uniform(seed + 1)];
    return () => next() * 2 ** Math.floor(scale() * 80 - 40);
  },
  "as large as they come": (seed) => {
    const [next, scale] = [normal(seed), uniform(seed + 1)];
    return () => next() * 2 ** Math.floor(scale() * 60 + 64);
  },
  "as small as they come": (seed) => {
    const [next, scale] = [normal(seed), uniform(seed + 1)];
    return () => next() * 2 ** -Math.floor(scale() * 60 + 90);
  },
  specials: (seed) => {
    const [next, which] = [normal(seed), uniform(seed + 1)];
    return () => (which() < 0.02 ? [Number.NaN, Infinity, -Infinity, -0][Math.floor(which() * 4)] : next());
  },
};

const lengths: fc.Arbitrary<number> = fc.constantFrom(1, 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 33, 64, 65, 130, 352, 1025);
const filled = fc.array(lengths, { minLength: 1, maxLength: 6 }).map((shape) => {
  const smaller = [...shape];
  for (let i = 0; sizeOf(smaller) > 3000; i = (i + 1) % smaller.length) smaller[i] = Math.min(smaller[i], 3);
  return smaller;
});
export const shapes = fc.oneof(
  { weight: 20, arbitrary: filled },
  { weight: 1, arbitrary: fc.array(fc.nat(2), { minLength: 1, maxLength: 8 }) },
);

/** A format with any numbers. */
export const ownFormats: fc.Arbitrary<FormatPair> = fc
  .record({
    precision: fc.integer({ min: 2, max: 24 }),
    emin: fc.integer({ min: -126, max: -1 }),
    emax: fc.integer({ min: 2, max: 127 }),
    overflow: fc.constantFrom("infinity" as const, "nan" as const, "saturate" as const),
    subnormals: fc.boolean(),
    below: fc.nat(3),
  })
  .map(({ below, ...given }) => {
    const { precision, emax, overflow } = given;
    // some numbers below the last one of the largest binade, where that is allowed
    const off = overflow === "infinity" ? 0 : Math.min(below, 2 ** (precision - 1) - 1);
    const max = (2 - (off + 1) * 2 ** (1 - precision)) * 2 ** emax;
    const spec = { ...given, max };
    return customFormat(JSON.stringify(spec), spec);
  });

export const arithmetics: fc.Arbitrary<ArithmeticPair> = fc.oneof(
  { weight: 3, arbitrary: kernels },
  {
    weight: 1,
    arbitrary: fc.tuple(ownFormats, fc.boolean()).map(([own, wide]) => arithmetic(own, wide ? FLOAT32 : own)),
  },
);

/** eps where none is given: test/numerics/eps.test.ts says whether it is right. */
export function epsOf({ asked }: ArithmeticPair, norm: oracle.Norm, n: number): number {
  return defaultEps(checkArithmetic(asked), checkNorm(norm, n, true), oracle.paperConstant(norm, n));
}

/** What gradients take. */
export const plainArithmetics = arithmetics.map(({ label, asked, oracle: own }): ArithmeticPair => {
  const { statistics: _, tail: _tail, ...rest } = any(asked);
  const { statistics, tail, ...others } = own;
  return {
    label,
    asked: { ...rest, accumulate: rest.accumulate ?? any(asked).statistics ?? rest.compute },
    oracle: others,
  };
});

export const forms = fc.constantFrom(...Object.keys(FORMS));

export const inputs = {
  shape: shapes,
  kind: fc.constantFrom(...Object.keys(VALUES)),
  form: forms,
  half: fc.boolean(),
  seed: fc.nat(1e6),
  which: fc.nat(),
  dtype: fc.constantFrom(undefined, "float32" as const, "float16" as const),
};

export type Bits = Float32Array | Uint16Array;

export function bitsOf(kind: string, seed: number, n: number, half: boolean): Bits {
  const next = VALUES[kind](seed);
  const values = Float32Array.from({ length: n }, () => next());
  return half ? toHalves(values) : values;
}

export const valuesOf = (bits: Bits): number[] =>
  Array.from(bits, (value) => (bits instanceof Uint16Array ? HALVES[value] : value));

export function normOf(which: number, n: number): oracle.Norm {
  const all = n ? normsOf(n) : everyNorm([], [2]);
  return all[which % all.length];
}

/** Where a result goes: something in a form of its own, filled with what is no result. */
export function outOf(form: string | undefined, n: number, shape: readonly number[], half: boolean): Held | undefined {
  if (form === undefined) return undefined;
  return FORMS[form](half ? new Uint16Array(n).fill(0x5555) : new Float32Array(n).fill(77), shape);
}

export interface Read {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  /** A copy of the elements. */
  readonly raw: Bits;
}

/** A result, read and given back. */
function taken(result: unknown): Read {
  const { data, shape } = result as { data: Bits; shape: readonly number[] };
  const raw = data.slice();
  return { data: numbers({ data: raw, shape }), shape: [...shape], raw };
}

/** What was given is as it was, to the bit, and so is what lies beside it. */
function watched(held: readonly Held[]): () => void {
  const bits = held.map((each) => each.read());
  return () =>
    held.forEach((each, i) => {
      expect(Buffer.compare(Buffer.from(each.read().buffer), Buffer.from(bits[i].buffer))).toBe(0);
      each.check();
    });
}

/**
 * The results of a call. Nothing that it is given has changed, nor has what lies beside that; results live where the input
 * lives; what is not given back is what was not there before.
 *
 * @param out Where some of them go, by name.
 */
export function results(
  held: readonly Held[],
  call: () => unknown,
  out: Readonly<Record<string, { readonly held: Held; readonly shape: readonly number[] } | undefined>> = {},
): Record<string, Read> {
  const before = memory();
  const check = watched(held);
  const made = call() as Record<string, unknown>;
  const read: Record<string, Read> = {};
  for (const [name, result] of Object.entries(made)) {
    if (typeof result !== "object") continue;
    const to = out[name];
    if (to) {
      to.held.check();
      read[name] = taken({ data: to.held.read(), shape: to.shape });
    } else {
      expect(result instanceof Tensor, `${name} is a tensor`).toBe(held[0].resident);
      read[name] = taken(result);
      if (result instanceof Tensor) result.dispose();
    }
  }
  check();
  expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
  return read;
}

/** The one result of a call. */
export const result = (held: readonly Held[], call: () => unknown, out?: Held, shape: readonly number[] = []): Read =>
  results(held, () => ({ result: call() }), { result: out && { held: out, shape } }).result;

/** The dtype of a result. */
export const isHalf = (dtype: DType | undefined, half: boolean): boolean => (dtype ? dtype === "float16" : half);

/** Elements of a result. */
export const select = (raw: Bits, elements: readonly number[]): { data: Bits; shape: number[] } => ({
  data: any(raw.constructor).from(elements, (position: number) => raw[position]),
  shape: [],
});
