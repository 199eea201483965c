/** The quantiles of errors against sorted ones, for numbers of every kind: order statistics leave nothing to rounding. */

import { describe, expect, test } from "vitest";
import * as at from "../../src/abi/report.js";
import { tracer } from "../../src/diagnosis/kernels.js";
import { Measures, tableBytes } from "../../src/diagnosis/quantiles.js";
import type { ErrorState } from "../../src/diagnosis/reports.js";
import { engine } from "../../src/engine/engine.js";
import { uniform } from "../support/random.js";

const QUANTILES = [500, 990, 999];

const pairsOf = (numbers: Float32Array): number => numbers.filter((x) => !Number.isNaN(x)).length;

/** Writes numbers, and something behind them. */
function put(numbers: Float32Array, errors: number, behind: number): void {
  const { f32, i32 } = engine().heap;
  f32.fill(behind, errors / 4, errors / 4 + numbers.length + 16);
  f32.set(numbers, errors / 4);
  numbers.forEach((x, i) => {
    // of special pairs, errors are this NaN
    if (Number.isNaN(x)) i32[errors / 4 + i] = 0x7fc00000;
  });
}

/** Where numbers are, whatever stands behind them: behind the work space of a call. */
function placed(numbers: Float32Array, behind: number): number {
  const errors = engine().heap.scratch(4 * numbers.length + 64);
  put(numbers, errors, behind);
  return errors;
}

/** Where states of error statistics are. */
const STATES = [at.ERRORS, at.ERRORS + at.ERRORS_BYTES];

/** The states of pairs with these errors, and what a call makes of them. */
function found(numbers: Float32Array, call: () => void, states = 1): number[] {
  const { f64 } = engine().heap;
  for (const state of STATES) {
    tracer(engine()).startErrors(state);
    f64[(state + at.ERRORS_ORDINARY) / 8] = pairsOf(numbers);
    f64[(state + at.ERRORS_WORST) / 8] = numbers.reduce((most, x) => (x > most ? x : most), 0);
  }
  call();
  return STATES.slice(0, states).flatMap((state) =>
    QUANTILES.map((_, q) => f64[(state + at.ERRORS_QUANTILES) / 8 + q]),
  );
}

/** What select() finds. */
function selected(numbers: Float32Array, behind: number): number[] {
  const { heap } = engine();
  heap.begin();
  const table = heap.scratch(tableBytes(numbers.length));
  const errors = placed(numbers, behind);
  return found(numbers, () => tracer(engine()).select(at.ERRORS, errors, numbers.length, table));
}

/**
 * What some find who have a part of the numbers each: each of them begins anew whenever another answer is there.
 *
 * @param kinds How often they have them, each time with a state of its own.
 * @param room Numbers of which there is room until all ask for them.
 * @param before Bytes of memory before those that they use.
 */
function foundTogether(numbers: Float32Array, size: number, kinds: number, room: number, before = 0): number[][] {
  const own = engine();
  const parts = Array.from({ length: size }, (_, rank) =>
    numbers.subarray((numbers.length * rank) / size, (numbers.length * (rank + 1)) / size),
  );
  const answers: unknown[] = [];
  for (;;) {
    const told: unknown[] = [];
    let answer: ((all: unknown[]) => unknown) | undefined;
    const ends = parts.map((part, rank) => {
      let next = 0;
      const exchange = <T, R>(mine: T, join: (all: readonly T[]) => R): R => {
        if (next < answers.length) return structuredClone(answers[next++]) as R;
        told.push(structuredClone(mine));
        answer = join as (all: unknown[]) => unknown;
        throw answers;
      };
      const company = { rank, size, exchange };
      own.heap.begin();
      own.heap.scratch(before);
      const table = own.heap.scratch(tableBytes(numbers.length));
      const kept = { address: own.heap.scratch(4 * room), numbers: room };
      const errors = STATES.slice(0, kinds).map(() => placed(part, -1));
      const again = () => {
        for (const each of errors) put(part, each, -1);
      };
      const { f64 } = own.heap;
      const joinWith = <T, R>(
        states: readonly ErrorState[],
        mine: T,
        join: (states: readonly Float64Array[], all: readonly T[]) => R,
      ): R =>
        exchange(mine, (all) =>
          join(
            states.map(({ state }) => f64.slice(state / 8, (state + at.ERRORS_BYTES) / 8)),
            all,
          ),
        );
      const zeros = () => (part.some((x) => x) ? undefined : pairsOf(part));
      const reports = { join: () => {}, joinWith, zeros };
      const mine = errors.map((address, i) => ({ state: STATES[i], address, n: part.length, all: numbers.length }));
      const measures = new Measures(own, tracer(own), reports, company, table, kept);
      try {
        const measure = (): void => {
          let done = 0;
          measures.measure(mine, () => done++, again);
          // others are measured where these were
          const others = part.map(() => 7);
          if (!done) for (const each of errors) put(others, each, 7);
          measures.finish();
          expect(done).toBe(1);
        };
        return found(numbers, measure, kinds);
      } catch (error) {
        if (error !== answers) throw error;
        return undefined;
      }
    });
    if (!answer) return ends.map((end) => end as number[]);
    expect(told).toHaveLength(size);
    answers.push(answer(told));
  }
}

function sorted(numbers: Float32Array): number[] {
  const ascending = numbers.filter((x) => !Number.isNaN(x)).sort();
  return QUANTILES.map((thousandths) => ascending[Math.ceil((ascending.length * thousandths) / 1000) - 1]);
}

const random = uniform(20261128);

const KINDS: Record<string, (i: number, n: number) => number> = {
  uniform: () => random() / 2,
  "many binades": () => 2 ** (60 * random() - 30),
  "a few values": () => Math.floor(random() * 4) / 8,
  "halves of a step, mostly": () => (random() < 0.7 ? 0.5 : random()),
  "zeros, mostly": () => (random() < 0.9995 ? 0 : random()),
  "zeros, and others behind them": (i, n) => (i < n / 2 ? 0 : random()),
  "all equal": () => 0.375,
  ascending: (i, n) => i / n,
  "two halves": (i, n) => (i < n / 2 ? random() : 1000 + random()),
  // the sample takes four neighbours of 12, of 36, or of 68
  "other ones where the sample is": (i, n) =>
    i % (n < 10_000 ? 12 : n < 40_000 ? 36 : 68) < 4 ? 1e6 + random() : random(),
  // so that there is no room for all others
  "fewer ones where the sample is": (i, n) =>
    i % (n < 10_000 ? 12 : n < 40_000 ? 36 : 68) < 4 ? i / n : 0.5 + random() / 1024,
  "NaN, mostly": () => (random() < 0.8 ? Number.NaN : random()),
  "some NaN": () => (random() < 0.01 ? Number.NaN : random()),
};

const SIZES = [1, 2, 5, 64, 65, 1000, 8_191, 8_192, 8_193, 8_195, 32_770, 70_002];

/** Sizes of which several have a part each, and how many those are. */
const SHARED = new Map([
  [2, 2],
  [5, 3],
  [1000, 3],
  [8_193, 2],
  [32_770, 2],
  [70_002, 3],
]);

test.each(SIZES)("%d numbers, hardly one of them not NaN, where others were counted before", (n) => {
  for (const many of [1, 20, Math.max(1, n >> 5)]) {
    selected(new Float32Array(100).fill(1000), -1);
    const numbers = new Float32Array(n).fill(Number.NaN);
    // the first of them is not where the sample is
    for (let i = 0; i < many; i++) numbers[(4 + 68 * i) % n] = 0.25 + i / 64;
    expect(selected(numbers, -1)).toEqual(sorted(numbers));
  }
});

describe.each(Object.keys(KINDS))("numbers: %s", (kind) => {
  test.each(SIZES)("%d of them", (n) => {
    const numbers = Float32Array.from({ length: n }, (_, i) => KINDS[kind](i, n));
    if (numbers.every((x) => Number.isNaN(x))) numbers[0] = 1;
    const wanted = sorted(numbers);
    for (const behind of [-1, 1e30]) expect(selected(numbers, behind)).toEqual(wanted);
    // where others have some of them, nothing depends on how many they are
    const size = SHARED.get(n) ?? 1;
    for (const room of size > 1 ? [0, 5_000, 80_000] : []) {
      for (const each of foundTogether(numbers, size, 1, room)) expect(each).toEqual(wanted);
      for (const each of foundTogether(numbers, size, 2, room)) expect(each).toEqual([...wanted, ...wanted]);
    }
  });
});

test("several have numbers beyond 2 GiB", () => {
  const numbers = Float32Array.from({ length: 40_000 }, KINDS.uniform);
  for (const each of foundTogether(numbers, 2, 1, 20_000, 2 ** 31)) expect(each).toEqual(sorted(numbers));
});
