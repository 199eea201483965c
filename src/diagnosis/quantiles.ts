// Quantiles of errors of which each of several has some: assembly/diagnosis/quantiles.ts says how they are found where one has
// all of them. Counts of digits are added up, digit by digit, and so they are the same. Of many numbers, each counts those that a
// sample of its own points to, and forgets the others; where the ranks turn out to be among those, all numbers are made and counted.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as report from "../abi/report.js";
import type { Engine } from "../engine/engine.js";
import type { Company } from "./company.js";
import type { ErrorState, Reports } from "./reports.js";

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

/** First digits that follow each other, and how many numbers begin with each, or with a smaller one than all. */
interface Stretch {
  readonly first: number;
  readonly beyond: number;
  readonly below: number;
  /** Of the digits from this one on; with all others, no number begins. */
  readonly from: number;
  readonly counts: Int32Array;
}

/** What countFirst() has counted: all digits, or those in the middle and at the end. */
function stretchesOf(i32: Int32Array, table: number, copied: boolean): Stretch[] {
  const at = table / 4;
  const [low, high, tail, belowLow, belowTail] = i32.subarray(at + FIRST, at + FIRST + 5);
  const stretch = (first: number, beyond: number, below: number): Stretch => {
    const counts = i32.slice(at + first, at + beyond);
    return { first, beyond, below, from: first, counts };
  };
  if (!copied) return [{ ...stretch(low, high, 0), first: 0, beyond: FIRST }];
  return [stretch(low, high, belowLow), stretch(tail, FIRST, belowTail)];
}

/** What there is of numbers that are all 0. */
const zerosOf = (count: number): Stretch[] => [
  { first: 0, beyond: FIRST, below: 0, from: 0, counts: Int32Array.of(count) },
];

/** How many numbers begin with a digit that is in one of the stretches. */
function countIn(stretches: readonly Stretch[], digit: number): number {
  const found = stretches.find(({ first, beyond }) => digit >= first && digit < beyond);
  return found?.counts[digit - found.from] ?? 0;
}

/** The digits of ranks that ascend, of those that are among what all have counted. */
function ranksIn(all: readonly Stretch[], wanted: readonly number[]): (Rank | undefined)[] {
  const first = Math.max(Math.min(...all.map(({ from }) => from)), ...all.map((stretch) => stretch.first));
  const beyond = Math.min(
    Math.max(...all.map(({ from, counts }) => from + counts.length)),
    ...all.map((stretch) => stretch.beyond),
  );
  let seen = 0;
  const sums = new Float64Array(Math.max(0, beyond - first));
  for (const { from, counts, below } of all) {
    seen += below;
    const own = Math.max(0, Math.min(first - from, counts.length));
    for (let i = 0; i < own; i++) seen += counts[i];
    const many = Math.min(counts.length, beyond - from);
    for (let i = own; i < many; i++) sums[from + i - first] += counts[i];
  }
  let at = 0;
  return wanted.map((rank) => {
    if (rank <= seen) return undefined;
    while (at < sums.length && seen + sums[at] < rank) seen += sums[at++];
    return at < sums.length ? { digits: first + at, rank: rank - seen } : undefined;
  });
}

/**
 * The first digit of each rank, by the counts of all; none without any error: quantiles are the zeros that the state began with.
 * Undefined where a rank is not among what all have counted.
 */
function firstRanks(state: Float64Array, all: readonly (readonly Stretch[])[]): Rank[] | undefined {
  const pairs = state[report.ERRORS_ORDINARY >> 3];
  if (!pairs || !state[report.ERRORS_WORST >> 3]) return [];
  const wanted = THOUSANDTHS.map((thousandths) => Math.floor((pairs * thousandths + 999) / 1000));
  const middle = ranksIn(
    all.map(([stretch]) => stretch),
    wanted,
  );
  const end = ranksIn(
    all.map((stretches) => stretches[stretches.length - 1]),
    wanted,
  );
  const ranks = middle.map((rank, i) => rank ?? end[i]);
  return ranks.includes(undefined) ? undefined : (ranks as Rank[]);
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
export interface Errors extends ErrorState {
  /** Of the n errors of this one, which are lost. */
  readonly address: number;
  readonly n: number;
}

/** Numbers that the ranks are among, of which the first digits are known; none of them is looked at where all are 0. */
interface Counted {
  readonly address: number;
  readonly n: number;
  readonly stretches: readonly Stretch[];
}

/** Errors that some have: what is known of the three ranks, and how many numbers at the front may be one of them. */
interface Search {
  readonly state: number;
  readonly address: number;
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
 * @param table Work space for the most of them.
 * @param again Makes the errors once more, and the reports. Where it is missing, all are counted.
 */
export function measureErrors(
  own: Engine,
  kernels: DiagnosisKernels,
  reports: Pick<Reports, "join" | "joinWith" | "zeros">,
  company: Company,
  errors: readonly Errors[],
  table: number,
  again?: () => void,
): void {
  if (company.size === 1) {
    reports.join(errors);
    for (const { state, address, n } of errors) kernels.select(state, address, n, table);
    return;
  }
  const { i32, f64 } = own.heap;
  const counted = (size: number): Int32Array => i32.slice(table / 4, table / 4 + size);
  /** @param all Whether to count all, or those where the ranks will be, which take the place of the others. */
  const begin = (all: boolean): Counted[] =>
    errors.map(({ state, address, n }) => {
      const zeros = reports.zeros(state);
      if (zeros !== undefined) return { address, n: 0, stretches: zerosOf(zeros) };
      const limit = address + 4 * n;
      // an address that kernels give may be beyond 2^31
      const end = kernels.countFirst(address, n, table, all ? limit : address, limit) >>> 0;
      return { address, n: end ? (end - address) / 4 : n, stretches: stretchesOf(i32, table, end > 0) };
    });
  const join = (begun: readonly Counted[]): (readonly Rank[] | undefined)[] => {
    const mine = begun.map(({ stretches }) => stretches);
    return reports.joinWith(errors, mine, (joined, all) =>
      joined.map((state, i) =>
        firstRanks(
          state,
          all.map((each) => each[i]),
        ),
      ),
    );
  };
  let begun = begin(!again);
  let ranks = join(begun);
  // where what one of them has is unlike what another one has, a rank may be where not all have looked
  if (again && ranks.includes(undefined)) {
    again();
    begun = begin(true);
    ranks = join(begun);
  }
  const searches = begun.map(
    ({ address, n, stretches }, i): Search => ({
      state: errors[i].state,
      address,
      ranks: ranks[i] as Rank[],
      left: n,
      count: (digit) => countIn(stretches, digit),
    }),
  );
  /** The numbers that begin with some digits, behind which is one more at `shift`. */
  const behind = ({ address, left, count }: Search, digits: number, shift: number): Behind => {
    const many = count(digits);
    const common = (): number => (left ? kernels.commonBits(address, left, digits, shift + BITS) : 0);
    const bits = many ? common() : NONE;
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
      if (left) search.left = ((kernels.gatherDigits(address, left, shift + BITS, table, a, b, c) >>> 0) - address) / 4;
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
