// Quantiles of errors of which each of several has some: assembly/diagnosis/quantiles.ts says how they are found where one has
// all of them. Counts of digits are added up, digit by digit, and so they are the same.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as report from "../abi/report.js";
import type { Engine } from "../engine/engine.js";
import type { Company } from "./share.js";

/** Work space of the kernels for so many errors. */
export const tableBytes = (errors: number): number => 131072 + errors;

const THOUSANDTHS = [500, 990, 999];

/** Values of the first digit, and values and bits of the two others. */
const FIRST = 8192;
const OTHERS = 512;
const BITS = 9;

/** What numbers have in common that are not all the same, and what none have. */
const SEVERAL = -1;
const NONE = -2;

/** Numbers that begin with some digits, and the rank of the one that is looked for among them; 0 where it is known. */
interface Rank {
  readonly digits: number;
  readonly rank: number;
}

function sumOf(all: readonly Int32Array[]): Float64Array {
  const sum = new Float64Array(all[0].length);
  for (const counts of all) for (let i = 0; i < sum.length; i++) sum[i] += counts[i];
  return sum;
}

/** The first digit of each rank, of ranks that rise. */
function firstDigits(counts: Float64Array, ranks: readonly number[]): Rank[] {
  let digits = 0;
  let seen = 0;
  return ranks.map((rank) => {
    while (seen + counts[digits] < rank) seen += counts[digits++];
    return { digits, rank: rank - seen };
  });
}

/** The bits of numbers that are all the same, of those who have such: SEVERAL if they differ. */
function common(all: readonly number[]): number {
  const [first, ...others] = all.filter((bits) => bits !== NONE);
  return others.every((bits) => bits === first) ? first : SEVERAL;
}

/** The digits at `shift` of the numbers that begin with those of each rank, counted behind each other. */
function digitsOf(numbers: Int32Array, ranks: readonly Rank[], shift: number): Int32Array {
  const counts = new Int32Array(ranks.length * OTHERS);
  ranks.forEach(({ digits, rank }, q) => {
    if (!rank) return;
    for (let i = 0; i < numbers.length; i++) {
      const x = numbers[i];
      if (x >>> (shift + BITS) === digits) counts[q * OTHERS + ((x >>> shift) & (OTHERS - 1))]++;
    }
  });
  return counts;
}

/** One more digit of each: `counts` has those of each rank behind each other. */
const nextDigits = (counts: Float64Array, ranks: readonly Rank[]): Rank[] =>
  ranks.map((known, i) => {
    const { digits, rank } = known;
    if (!rank) return known;
    let left = rank;
    let digit = 0;
    while (counts[i * OTHERS + digit] < left) left -= counts[i * OTHERS + digit++];
    return { digits: (digits << BITS) | digit, rank: left };
  });

/** Errors whose quantiles are wanted. */
export interface Errors {
  /** Where the state of error statistics of all is. */
  readonly state: number;
  /** Of the n errors of this one, which are lost. */
  readonly address: number;
  readonly n: number;
}

/** Errors that some have: the first digits of the three ranks, without repetition, and the numbers at the front that have them. */
interface Search extends Errors {
  ranks: Rank[];
  digits: number[];
  left: number;
}

/**
 * The quantiles of errors of all into their states.
 *
 * @param table Work space for the most of them.
 */
export function select(
  own: Engine,
  kernels: DiagnosisKernels,
  company: Company,
  errors: readonly Errors[],
  table: number,
): void {
  if (company.size === 1) {
    for (const { state, address, n } of errors) kernels.select(state, address, n, table);
    return;
  }
  const { i32, f64 } = own.heap;
  // without any error they are the zeros that the state began with
  const some = errors.filter(
    ({ state }) => f64[(state + report.ERRORS_ORDINARY) >> 3] && f64[(state + report.ERRORS_WORST) >> 3],
  );
  if (!some.length) return;
  const counts = some.map(({ address, n }) => {
    kernels.countFirst(address, n, table);
    return i32.slice(table >> 2, (table >> 2) + FIRST);
  });
  const wanted = some.map(({ state }) => {
    const pairs = f64[(state + report.ERRORS_ORDINARY) >> 3];
    return THOUSANDTHS.map((thousandths) => Math.floor((pairs * thousandths + 999) / 1000));
  });
  const ranks = company.exchange(counts, (all) =>
    wanted.map((of, i) => firstDigits(sumOf(all.map((each) => each[i])), of)),
  );
  const gather = (search: Search): void => {
    const [a, b = a, c = b] = search.digits;
    search.left = (kernels.gatherDigits(search.address, search.left, table, a, b, c) - search.address) >> 2;
  };
  const searches = some.map((of, i): Search => {
    const search = { ...of, ranks: ranks[i], digits: [...new Set(ranks[i].map(({ digits }) => digits))], left: of.n };
    gather(search);
    return search;
  });
  // many are all the same, such as 0
  const equal = company.exchange(
    searches.map(({ address, left, digits }, i) =>
      digits.map((digit) => (counts[i][digit] ? kernels.commonBits(address, left, digit) : NONE)),
    ),
    (all) => all[0].map((of, i) => of.map((_, j) => common(all.map((each) => each[i][j])))),
  );
  searches.forEach((search, i) => {
    const { digits, ranks } = search;
    search.ranks = ranks.map((rank) => {
      const bits = equal[i][digits.indexOf(rank.digits)];
      return bits < 0 ? rank : { digits: bits, rank: 0 };
    });
    search.digits = digits.filter((_, j) => equal[i][j] < 0);
    if (search.digits.length) gather(search);
    else search.left = 0;
  });
  for (let shift = BITS; shift >= 0; shift -= BITS) {
    const mine = searches.map(({ address, left, ranks }) =>
      digitsOf(i32.subarray(address >> 2, (address >> 2) + left), ranks, shift),
    );
    const found = company.exchange(mine, (all) =>
      searches.map(({ ranks }, i) => nextDigits(sumOf(all.map((each) => each[i])), ranks)),
    );
    for (const [i, search] of searches.entries()) search.ranks = found[i];
  }
  for (const { state, ranks } of searches) {
    const bits = Int32Array.from(ranks, ({ digits }) => digits);
    f64.set(new Float32Array(bits.buffer), (state + report.ERRORS_QUANTILES) >> 3);
  }
}
