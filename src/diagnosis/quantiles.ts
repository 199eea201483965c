// Quantiles of errors of which each of several has some: assembly/diagnosis/quantiles.ts says how they are found where one has
// all of them. Counts of digits are added up, digit by digit, and so they are the same.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as report from "../abi/report.js";
import type { Engine } from "../engine/engine.js";
import type { Reports } from "./reports.js";
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

/** Numbers that begin with some digits: all their bits, if those are the same, and the next digit of each, counted. */
interface Behind {
  readonly digits: number;
  readonly bits: number;
  readonly counts: Int32Array;
}

function sumOf(all: readonly Int32Array[]): Float64Array {
  const sum = new Float64Array(all[0].length);
  for (const counts of all) for (let i = 0; i < sum.length; i++) sum[i] += counts[i];
  return sum;
}

/** The first digit of each rank, by the counts of all; none without any error: quantiles are the zeros that the state began with. */
function firstRanks(state: Float64Array, counts: readonly Int32Array[]): Rank[] {
  const pairs = state[report.ERRORS_ORDINARY >> 3];
  if (!pairs || !state[report.ERRORS_WORST >> 3]) return [];
  const sum = sumOf(counts);
  let digits = 0;
  let seen = 0;
  return THOUSANDTHS.map((thousandths) => {
    const rank = Math.floor((pairs * thousandths + 999) / 1000);
    while (seen + sum[digits] < rank) seen += sum[digits++];
    return { digits, rank: rank - seen };
  });
}

/** One more digit of a rank, or all bits where the numbers are the same, by those of all that begin like it. */
function nextRank(known: Rank, all: readonly Behind[]): Rank {
  const [first, ...others] = all.map(({ bits }) => bits).filter((bits) => bits !== NONE);
  if (first !== SEVERAL && others.every((bits) => bits === first)) return { digits: first, rank: 0 };
  const counts = sumOf(all.map((each) => each.counts));
  let left = known.rank;
  let digit = 0;
  while (counts[digit] < left) left -= counts[digit++];
  return { digits: (known.digits << BITS) | digit, rank: left };
}

/** Errors whose quantiles are wanted. */
export interface Errors {
  /** Where the state of error statistics of all is. */
  readonly state: number;
  /** Of the n errors of this one, which are lost. */
  readonly address: number;
  readonly n: number;
}

/** Errors that some have: what is known of the three ranks, and how many numbers at the front may be one of them. */
interface Search extends Errors {
  ranks: readonly Rank[];
  left: number;
  /** How many of these begin with some digits. */
  count(digits: number): number;
}

/** What begins so far as ranks that are not known yet: each once. */
const digitsOf = (ranks: readonly Rank[]): number[] => [
  ...new Set(ranks.filter(({ rank }) => rank).map(({ digits }) => digits)),
];

/**
 * Error statistics of all into their states, quantiles among them.
 *
 * @param ofGroups Whether the errors are of groups, not of elements.
 * @param table Work space for the most of them.
 */
export function measureErrors(
  own: Engine,
  kernels: DiagnosisKernels,
  reports: Pick<Reports, "join" | "joinWith">,
  company: Company,
  errors: readonly Errors[],
  ofGroups: boolean,
  table: number,
): void {
  const states = errors.map(({ state }) => state);
  if (company.size === 1) {
    reports.join(states, ofGroups);
    for (const { state, address, n } of errors) kernels.select(state, address, n, table);
    return;
  }
  const { i32, f64 } = own.heap;
  const counted = (size: number): Int32Array => i32.slice(table >> 2, (table >> 2) + size);
  const counts = errors.map(({ address, n }) => {
    kernels.countFirst(address, n, table);
    return counted(FIRST);
  });
  const ranks = reports.joinWith(states, ofGroups, counts, (joined, all) =>
    joined.map((state, i) =>
      firstRanks(
        state,
        all.map((each) => each[i]),
      ),
    ),
  );
  const searches = errors.map(
    (of, i): Search => ({ ...of, ranks: ranks[i], left: of.n, count: (digit) => counts[i][digit] }),
  );
  /** The numbers that begin with some digits, behind which is one more at `shift`. */
  const behind = ({ address, left, count }: Search, digits: number, shift: number): Behind => {
    const many = count(digits);
    const bits = many ? kernels.commonBits(address, left, digits, shift + BITS) : NONE;
    if (bits === SEVERAL) {
      kernels.countNext(address, left, digits, shift, table);
      return { digits, bits, counts: counted(OTHERS) };
    }
    const counts = new Int32Array(OTHERS);
    if (many) counts[(bits >>> shift) & (OTHERS - 1)] = many;
    return { digits, bits, counts };
  };
  for (let shift = BITS; shift >= 0; shift -= BITS) {
    const open = searches.filter((search) => digitsOf(search.ranks).length);
    if (!open.length) break;
    const mine = open.map((search) => {
      const digits = digitsOf(search.ranks);
      const [a, b = a, c = b] = digits;
      const { address, left } = search;
      search.left = (kernels.gatherDigits(address, left, shift + BITS, table, a, b, c) - address) >> 2;
      const found = digits.map((of) => behind(search, of, shift));
      search.count = (next) =>
        found.reduce((n, { digits, counts }) => n + (digits === next >> BITS ? counts[next & (OTHERS - 1)] : 0), 0);
      return found;
    });
    const found = company.exchange(mine, (all) =>
      open.map(({ ranks }, i) =>
        ranks.map((known) => {
          const like = all.flatMap((each) => each[i].filter(({ digits }) => digits === known.digits));
          return known.rank ? nextRank(known, like) : known;
        }),
      ),
    );
    for (const [i, search] of open.entries()) search.ranks = found[i];
  }
  for (const { state, ranks } of searches) {
    if (!ranks.length) continue;
    const bits = Int32Array.from(ranks, ({ digits }) => digits);
    f64.set(new Float32Array(bits.buffer), (state + report.ERRORS_QUANTILES) >> 3);
  }
}
