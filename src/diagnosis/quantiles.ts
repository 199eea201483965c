// Quantiles of errors of which each of several has some: assembly/diagnosis/quantiles.ts says how they are found where one has
// all of them. Counts of digits are added up, digit by digit, and so they are the same. Of many numbers, each counts those that a
// sample of its own points to, and forgets the others; where the ranks turn out to be among those, all numbers are made and counted.

import type { DiagnosisKernels } from "../abi/kernels.js";
import * as report from "../abi/report.js";
import type { Engine } from "../engine/engine.js";
import type { Company } from "./company.js";
import type { ErrorState, Reports } from "./reports.js";

/** Counts of digits; behind them is room for copies of the numbers that are looked at. */
const COUNTS_BYTES = 131072;

/** Work space of the kernels for so many errors. */
export const tableBytes = (errors: number): number => COUNTS_BYTES + errors;

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

// Loops over digits are functions of their own: engines compile what goes round often with all that stands around it.

/** Adds counts [from, to) to sums, the first of them to the first. */
function addCounts(sums: Float64Array, counts: Int32Array, from: number, to: number, first: number): void {
  for (let i = from; i < to; i++) sums[first + i] += counts[i];
}

function total(counts: Int32Array, beyond: number): number {
  let sum = 0;
  for (let i = 0; i < beyond; i++) sum += counts[i];
  return sum;
}

/** The first place from `at` on where so many are reached. */
function reach(sums: Float64Array, at: number, many: number): { at: number; before: number } {
  let before = 0;
  let i = at;
  for (; i < sums.length && before + sums[i] < many; i++) before += sums[i];
  return { at: i, before };
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
    const own = Math.max(0, Math.min(first - from, counts.length));
    seen += below + total(counts, own);
    addCounts(sums, counts, own, Math.min(counts.length, beyond - from), from - first);
  }
  let place = 0;
  return wanted.map((rank) => {
    if (rank <= seen) return undefined;
    const { at, before } = reach(sums, place, rank - seen);
    place = at;
    seen += before;
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
  if (!middle.includes(undefined)) return middle as Rank[];
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
  const sums = new Float64Array(OTHERS);
  for (const { counts } of all) addCounts(sums, counts, 0, OTHERS, 0);
  const { at, before } = reach(sums, 0, known.rank);
  return { digits: (known.digits << BITS) | at, rank: known.rank - before };
}

/** Errors whose quantiles are wanted. */
export interface Errors extends ErrorState {
  /** Of the n errors of this one, which are lost. */
  readonly address: number;
  readonly n: number;
  /** How many all have. */
  readonly all: number;
}

/** Work space of those who measure together. */
interface Room {
  /** Where numbers are put whose digits are looked at later, as many as fit in. */
  readonly address: number;
  readonly numbers: number;
}

/** So many numbers are told to everybody: no digits of theirs are counted. */
const FEW = 2 ** 16;

/** What one has of errors: all numbers of few, or how many begin with which digits. */
type Told = Float32Array | readonly Stretch[];

/** What is known of errors when all have told what they have. */
interface Begun {
  readonly sum: Float64Array;
  /** None where the quantiles are in the state already; undefined where not all have counted what is looked for. */
  readonly ranks: readonly Rank[] | undefined;
  /** The most numbers of one of all that begin like a rank. */
  readonly most: number;
}

/** Errors that some have: what is known of the three ranks, and how many numbers at an address may be one of them. */
interface Search extends Begun {
  readonly state: number;
  address: number;
  left: number;
  ranks: readonly Rank[];
  /** How many of these begin with some digits. */
  count(digits: number): number;
}

/** What begins so far as ranks that are not known yet: each once. */
const digitsOf = (ranks: readonly Rank[] = []): number[] => [
  ...new Set(ranks.filter(({ rank }) => rank).map(({ digits }) => digits)),
];

/**
 * Error statistics, of several who have some of the errors each: what they tell each other of the digits of quantiles may wait until
 * there are more of them, so that they seldom have to wait for each other.
 */
export class Measures {
  private readonly waiting: { readonly searches: readonly Search[]; readonly done: () => void }[] = [];
  /** Numbers in the room, or more. */
  private kept = 0;

  /**
   * @param table Work space for the most errors of one kind.
   * @param room The same for all of them; none where nothing waits.
   */
  constructor(
    private readonly own: Engine,
    private readonly kernels: DiagnosisKernels,
    private readonly reports: Pick<Reports, "join" | "joinWith" | "zeros">,
    private readonly company: Company,
    private readonly table: number,
    private readonly room: Room = { address: 0, numbers: 0 },
  ) {}

  /**
   * Measures some errors.
   *
   * @param done Is called when their statistics are in their states, at the latest by finish().
   * @param again Makes the errors once more, and the reports; of errors of one kind, which stay as they are, the reports alone. Where
   *   it is missing, all are counted.
   */
  measure(errors: readonly Errors[], done: () => void, again?: () => void): void {
    if (this.company.size === 1) {
      this.reports.join(errors);
      for (const { state, address, n } of errors) this.kernels.select(state, address, n, this.table);
      done();
      return;
    }
    const { i32 } = this.own.heap;
    let searches = this.begin(errors, !again);
    // where what one of them has is unlike what another one has, a rank may be where not all have looked
    if (again && searches.some(({ ranks }) => !ranks)) {
      again();
      searches = this.begin(errors, true);
    }
    const open = searches.filter(({ ranks }) => digitsOf(ranks).length);
    const kept = open.reduce((sum, { most }) => sum + most, this.kept);
    if (kept > this.room.numbers) {
      this.resolve(open);
      for (const search of searches) this.settle(search);
      done();
      return;
    }
    for (const search of open) {
      this.gather(search, BITS);
      const to = this.room.address + 4 * this.kept;
      i32.copyWithin(to / 4, search.address / 4, search.address / 4 + search.left);
      search.address = to;
      this.kept += search.most;
    }
    this.waiting.push({ searches, done });
  }

  /** Finds what has waited. */
  finish(): void {
    this.resolve(this.waiting.flatMap(({ searches }) => searches));
    for (const { searches, done } of this.waiting) {
      for (const search of searches) this.settle(search);
      done();
    }
    this.waiting.length = 0;
    this.kept = 0;
  }

  /** @param all Whether to count all, or those where the ranks will be, which take the place of the others, or go behind the counts. */
  private begin(errors: readonly Errors[], all: boolean): Search[] {
    const { own, kernels, reports, table } = this;
    const { i32, f32 } = own.heap;
    const apart = errors.length === 1;
    const left: number[] = [];
    const places: number[] = [];
    const mine = errors.map((each, i): Told => {
      const { state, address, n } = each;
      left[i] = 0;
      places[i] = address;
      if (this.areFew(each)) return f32.slice(address / 4, address / 4 + n);
      const zeros = reports.zeros(state);
      if (zeros !== undefined) return zerosOf(zeros);
      const [room, limit] = apart ? [table + COUNTS_BYTES, table + COUNTS_BYTES + n] : [address, address + 4 * n];
      // an address that kernels give may be beyond 2^31
      const end = kernels.countFirst(address, n, table, all ? limit : room, limit) >>> 0;
      if (end) places[i] = room;
      left[i] = end ? (end - room) / 4 : n;
      return stretchesOf(i32, table, end > 0);
    });
    const begun = reports.joinWith(errors, mine, (sums, all) =>
      sums.map((sum, i): Begun => {
        const told = all.map((each) => each[i]);
        if (this.areFew(errors[i])) return this.select(errors[i].state, told as Float32Array[]);
        const counted = told as (readonly Stretch[])[];
        const ranks = firstRanks(sum, counted);
        const digits = digitsOf(ranks);
        const many = (stretches: readonly Stretch[]): number =>
          digits.reduce((n, digit) => n + countIn(stretches, digit), 0);
        return { sum, ranks, most: Math.max(...counted.map(many)) };
      }),
    );
    return begun.map((each, i) => ({
      ...each,
      state: errors[i].state,
      address: places[i],
      left: left[i],
      ranks: each.ranks as readonly Rank[],
      count: (digit) => countIn(mine[i] as readonly Stretch[], digit),
    }));
  }

  private areFew({ all }: Errors): boolean {
    return all <= Math.min(FEW, this.room.numbers - this.kept);
  }

  /** Finds the quantiles of few numbers. */
  private select(state: number, numbers: readonly Float32Array[]): Begun {
    const { own, kernels, room, table } = this;
    const { f32, f64 } = own.heap;
    const address = room.address + 4 * this.kept;
    let n = 0;
    for (const each of numbers) {
      f32.set(each, address / 4 + n);
      n += each.length;
    }
    kernels.select(state, address, n, table);
    return { sum: f64.slice(state / 8, (state + report.ERRORS_BYTES) / 8), ranks: [], most: 0 };
  }

  /** Moves those numbers that may be of a rank to the front, whose digits before `shift` are known. */
  private gather(search: Search, shift: number): void {
    const { ranks, address, left } = search;
    if (!left) return;
    const [a, b = a, c = b] = digitsOf(ranks);
    const end = this.kernels.gatherDigits(address, left, shift + BITS, this.table, a, b, c) >>> 0;
    search.left = (end - address) / 4;
  }

  /** Finds all digits of the ranks. */
  private resolve(searches: readonly Search[]): void {
    for (let shift = BITS; shift >= 0; shift -= BITS) {
      const open = searches.filter((search) => digitsOf(search.ranks).length);
      if (!open.length) break;
      const mine = open.map((search) => {
        this.gather(search, shift);
        const found = digitsOf(search.ranks).map((digits) => this.behind(search, digits, shift));
        search.count = (next) =>
          found.reduce((n, { digits, counts }) => n + (digits === next >> BITS ? counts[next & (OTHERS - 1)] : 0), 0);
        return found;
      });
      const found = this.company.exchange(mine, (all) =>
        open.map(({ ranks }, i) =>
          ranks.map((known) => {
            const like = all.flatMap((each) => each[i].filter(({ digits }) => digits === known.digits));
            return known.rank ? nextRank(known, like) : known;
          }),
        ),
      );
      for (const [i, search] of open.entries()) search.ranks = found[i];
    }
  }

  /** The numbers that begin with some digits, behind which is one more at `shift`. */
  private behind({ address, left, count }: Search, digits: number, shift: number): Behind {
    const { own, kernels, table } = this;
    const many = count(digits);
    const common = (): number => (left ? kernels.commonBits(address, left, digits, shift + BITS) : 0);
    const bits = many ? common() : NONE;
    if (bits === SEVERAL) {
      kernels.countNext(address, left, digits, shift, table);
      return { digits, bits, counts: own.heap.i32.slice(table / 4, table / 4 + OTHERS) };
    }
    const counts = new Int32Array(OTHERS);
    if (many) counts[(bits >>> shift) & (OTHERS - 1)] = many;
    return { digits, bits, counts };
  }

  /** Puts what is known where it is looked for. */
  private settle({ state, sum, ranks }: Search): void {
    const { f64 } = this.own.heap;
    f64.set(sum, state / 8);
    if (!ranks.length) return;
    const bits = Int32Array.from(ranks, ({ digits }) => digits);
    f64.set(new Float32Array(bits.buffer), (state + report.ERRORS_QUANTILES) >> 3);
  }
}
