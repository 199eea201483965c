// The tolerances at which numpy.testing.assert_allclose and torch.testing.assert_close pass: |a - e| <= atol + rtol · |e|,
// evaluated as they do it, in the dtypes of the arrays. What would pass in exact arithmetic can fail by a rounding there.

import { STORAGE_FLOAT16 } from "../abi/plan.js";
import { valuesOf } from "../plan/blocks.js";
import { Operand, part } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";

/** A function of a test library on two tensors, every operation rounded to their dtypes. */
export interface Tolerances {
  /** What it takes when nothing is said. */
  defaults: {
    /** Relative, of |expected|. */
    rtol: number;
    /** Absolute. */
    atol: number;
    /** Whether two NaN are the same. */
    equalNan: boolean;
  };
  /** Whether it passes with these. */
  passes: boolean;
  /** The smallest rtol at atol 0, and the smallest atol at rtol 0, in the dtype they are evaluated in; null when none will do. */
  rtol: number | null;
  /** The smallest atol at rtol 0; null when none will do. */
  atol: number | null;
  /** The smallest of one at the default of the other. */
  rtolAtDefaultAtol: number | null;
  /** The smallest atol at the default rtol; null when none will do. */
  atolAtDefaultRtol: number | null;
}

/** Elements that are looked at together. */
const BLOCK = 1 << 14;

function block(o: Operand, from: number, n: number): Float32Array {
  const address = o.address && o.address + from * bytesOf(o.storage);
  return valuesOf(new Operand(o.array && part(o, from, n), address, [n], n, o.storage));
}

const word = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));
const bitsOf = (value: number): bigint => {
  word.setFloat64(0, value);
  return word.getBigInt64(0);
};
const ofBits = (value: bigint): number => {
  word.setBigInt64(0, value);
  return word.getFloat64(0);
};

/** The smallest number of at least 0 that passes, Infinity for none: those that do are all above those that do not. */
function smallest(passes: (value: number) => boolean): number {
  // not negative, floats are in the order of their bits
  let below = -1n;
  let above = bitsOf(Number.POSITIVE_INFINITY);
  while (above - below > 1n) {
    const middle = (below + above) >> 1n;
    if (passes(ofBits(middle))) above = middle;
    else below = middle;
  }
  return ofBits(above);
}

/** A number of at least 0 to float32, and from there to float16: that is how float16 is computed with. */
function toHalf(value: number): number {
  const x = Math.fround(value);
  if (x >= 65520) return Infinity;
  // the binade, and at its bottom 10 bits: what is added leaves no room for more, see assembly/formats/operations.ts
  word.setFloat32(0, x);
  word.setInt32(0, Math.max(word.getInt32(0) & 0x7f800000, 0x38800000));
  const magic = word.getFloat32(0) * 1.5 * 2 ** 42;
  return x + magic - magic;
}

type Round = (value: number) => number;

interface Slack {
  readonly relative: number;
  readonly absolute: number;
  readonly most: number;
}

// more than four roundings, each by half a unit of 11 or 24 bits, or of the least subnormal
const slackOf = (half: boolean): Slack =>
  half
    ? { relative: 2 ** -8, absolute: 2 ** -22, most: 65504 }
    : { relative: 2 ** -21, absolute: 2 ** -146, most: (2 - 2 ** -23) * 2 ** 127 };

/** What a library rounds when it evaluates the criterion. */
export class Evaluation {
  /**
   * @param difference Of the arrays.
   * @param scalar Of rtol and atol as they are given: the least of them are numbers of this grid.
   * @param allowed Of their product and sum with |expected|.
   */
  constructor(
    readonly difference: Round,
    readonly scalar: Round,
    private readonly allowed: Round,
    /** What all of these roundings are together at most: relative, and about 0; and the largest difference that stays finite. */
    readonly slack: Slack,
  ) {}

  passes(error: number, size: number, rtol: number, atol: number): boolean {
    const { scalar, allowed } = this;
    return error <= allowed(scalar(atol) + allowed(scalar(rtol) * size));
  }
}

const roundingOf = (half: boolean): Round => (half ? toHalf : Math.fround);

/** numpy.isclose: the difference in the wider dtype of the two, all else, rtol and atol as well, in that of `expected`. */
export function evaluationOfNumpy(actual: Operand, expected: Operand): Evaluation {
  const half = expected.storage === STORAGE_FLOAT16;
  const round = roundingOf(half);
  return new Evaluation(roundingOf(half && actual.storage === STORAGE_FLOAT16), round, round, slackOf(half));
}

/** torch.isclose of tensors of one dtype, the wider of the two; rtol and atol go in as float32. */
export function evaluationOfTorch(actual: Operand, expected: Operand): Evaluation {
  const half = expected.storage === STORAGE_FLOAT16 && actual.storage === STORAGE_FLOAT16;
  const round = roundingOf(half);
  return new Evaluation(round, Math.fround, round, slackOf(half));
}

/** The least of one tolerance for all elements seen so far, at a given value of the other. */
class Least {
  value = 0;

  /** @param sure Takes the rtol and atol with which no rounding makes an element fail, unless the difference is beyond `most`. */
  constructor(
    private readonly evaluation: Evaluation,
    private readonly other: number,
    private readonly relative: boolean,
    private readonly sure: Float64Array,
  ) {
    this.raise(0);
  }

  private raise(value: number): void {
    const [rtol, atol] = this.relative ? [value, this.other] : [this.other, value];
    const { slack } = this.evaluation;
    this.value = value;
    this.sure[0] = rtol * (1 - slack.relative);
    this.sure[1] = atol * (1 - slack.relative) - slack.absolute;
  }

  private passes(error: number, size: number, value: number): boolean {
    const { evaluation, other } = this;
    return this.relative ? evaluation.passes(error, size, value, other) : evaluation.passes(error, size, other, value);
  }

  take(difference: number, size: number): void {
    const error = this.evaluation.difference(difference);
    // once none will do, no other element changes that: Infinity · 0 is NaN
    if (this.value === Infinity || this.passes(error, size, this.value)) return;
    // of a difference that overflows, none is close, although NumPy takes an infinity to be within an infinity
    const { scalar } = this.evaluation;
    this.raise(error < Infinity ? scalar(smallest((value) => this.passes(error, size, value))) : Infinity);
  }
}

/** What a library takes when nothing is said, and how it evaluates. */
export interface Criterion {
  readonly defaults: Tolerances["defaults"];
  readonly evaluation: Evaluation;
}

/** What a comparison is about besides errors. */
export interface Differences {
  /** Pairs of two NaN. */
  nans: number;
  /** Pairs of the same infinity. */
  infinities: number;
  /** The first element that differs, NaN and infinities like numbers; null for none. */
  first: number | null;
  /** By the order of the criteria that were given. */
  tolerances: Tolerances[];
}

/** NaN and infinities in the same places are equal; anywhere else, no tolerance will do. */
export function differences(actual: Operand, expected: Operand, criteria: readonly Criterion[]): Differences {
  // numbers of a call would be objects, and an array of numbers is none: nearly all elements are seen here and nowhere else
  const sure = new Float64Array(8 * criteria.length);
  const least = criteria.map(({ defaults: { rtol, atol }, evaluation }, i) => {
    const pair = (j: number) => sure.subarray(8 * i + 2 * j, 8 * i + 2 * j + 2);
    return {
      rtol: new Least(evaluation, 0, true, pair(0)),
      atol: new Least(evaluation, 0, false, pair(1)),
      rtolAtDefaultAtol: new Least(evaluation, atol, true, pair(2)),
      atolAtDefaultRtol: new Least(evaluation, rtol, false, pair(3)),
    };
  });
  const all = least.flatMap((each) => Object.values(each));
  const most = Math.min(...criteria.map(({ evaluation }) => evaluation.slack.most));
  let [nans, infinities, special] = [0, 0, false];
  let first: number | null = null;
  for (let from = 0; from < actual.size; from += BLOCK) {
    const n = Math.min(BLOCK, actual.size - from);
    const a = block(actual, from, n);
    const e = block(expected, from, n);
    for (let i = 0; i < n; i++) {
      if (a[i] === e[i]) {
        if (Math.abs(a[i]) === Infinity) infinities++;
        continue;
      }
      const difference = Math.abs(a[i] - e[i]);
      if (difference < Infinity) {
        const size = Math.abs(e[i]);
        for (let k = 0; k < all.length; k++) {
          if (!(difference <= sure[2 * k] * size + sure[2 * k + 1] && difference <= most))
            all[k].take(difference, size);
        }
      } else if (Number.isNaN(a[i]) && Number.isNaN(e[i])) {
        nans++;
        continue;
      } else special = true;
      first ??= from + i;
    }
  }
  const found = ({ value }: Least): number | null => (special || value === Infinity ? null : value);
  const tolerances = least.map(({ rtol, atol, rtolAtDefaultAtol, atolAtDefaultRtol }, i) => {
    const { defaults, evaluation } = criteria[i];
    const near = !special && rtolAtDefaultAtol.value <= evaluation.scalar(defaults.rtol);
    return {
      defaults,
      passes: near && (defaults.equalNan || !nans),
      rtol: found(rtol),
      atol: found(atol),
      rtolAtDefaultAtol: found(rtolAtDefaultAtol),
      atolAtDefaultRtol: found(atolAtDefaultRtol),
    };
  });
  return { nans, infinities, first, tolerances };
}
