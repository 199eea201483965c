// Tiles of pairs, added to error statistics (error-statistics.ts).
//
// The exact values of a tile are made (reals.ts) or were kept, behind a head of what they have in common with any c. A tile of
// pairs is first taken for ordinary numbers. Infinities and NaN make the sum of d² infinite or NaN; then the tile is taken again,
// pair by pair. What is rare (a new greatest error and where it is, a new greatest relative error, which takes a division) is only
// looked for in tiles that have it. Of kept values, only |e| as float32 tell which those may be, as
//
//   |d / v| <= |e| 2^(1 - p)         for |v| >= 2^emin, in binade E:   |d| = |e| 2^(E + 1 - p),   |v| >= 2^E

import {
  ERRORS_ABSOLUTE,
  ERRORS_CC,
  ERRORS_CV,
  ERRORS_DD,
  ERRORS_E,
  ERRORS_EE,
  ERRORS_INDEX,
  ERRORS_LARGEST,
  ERRORS_ORDINARY,
  ERRORS_RELATIVE,
  ERRORS_VV,
  ERRORS_WORST,
  EXACT_HEAD_BYTES,
  EXACT_LARGEST,
  EXACT_LEAST,
  EXACT_SIZES,
  EXACT_SQUARES,
} from "../../src/abi/report";
import { ABS } from "../lanes/constants";
import { greatestLane, lowPair, pairSum } from "../lanes/vectors";
import { HELD, SUM_EXACT, TILE_V, UNIT_EXPONENTS, UNIT_FOUND, UNIT_INVERSE, UNIT_LEAST, UNIT_MOST } from "../memory";
import { add, locate, mayBeWorst, measureEach, raise } from "./error-statistics";
import { addTo, LOW, Real, RisingAdder } from "./reals";

/** Where the exact values of a tile are from. */
interface Source {
  /** Whether they were kept, and errors may take the place of c. */
  kept(): bool;
  /** What stands there, or a multiple of it. */
  times(v: v128, ratios: v128): v128;
}

class Made implements Source {
  kept(): bool {
    return false;
  }
  times(v: v128, _ratios: v128): v128 {
    return v;
  }
}

class Kept implements Source {
  kept(): bool {
    return true;
  }
  times(v: v128, _ratios: v128): v128 {
    return v;
  }
}

class Multiplied implements Source {
  kept(): bool {
    return true;
  }
  times(v: v128, ratios: v128): v128 {
    return f64x2.mul(v, ratios);
  }
}

/** That of TILE_V. */
const HEAD: usize = TILE_V - EXACT_HEAD_BYTES;

/**
 * Adds the pairs of a tile of `rows` rows of `vectors` vectors: c in float32, and the exact values that R makes of x,
 * with lanes of the groups that go on by `step` bytes a vector. |e| go to `errors` as float32, NaN for special pairs.
 */
export function measure<R extends Real>(
  state: usize,
  c: usize,
  x: usize,
  vectors: i32,
  rows: i32,
  step: usize,
  errors: usize,
): void {
  const real = changetype<R>(0);
  const zero = f64x2.splat(0);
  let vv = zero;
  let largest = zero;
  let p: usize = 0;
  for (let row = rows; row > 0; row--) {
    let at: usize = 0;
    for (let i = vectors; i > 0; i--) {
      const to = TILE_V + (p << 1);
      const a = real.pair(lowPair(v128.load64_zero(x + p)), at, p << 1);
      const b = real.pair(lowPair(v128.load64_zero(x + p, 8)), at + 16, (p << 1) + 16);
      v128.store(to, a);
      v128.store(to, b, 16);
      const aa = f64x2.mul(a, a);
      const bb = f64x2.mul(b, b);
      vv = f64x2.add(vv, f64x2.add(aa, bb));
      largest = f64x2.pmax(largest, f64x2.pmax(aa, bb));
      p += 16;
      at += step;
    }
  }
  store<f64>(HEAD, pairSum(vv), EXACT_SQUARES);
  // the roots of squares are the numbers themselves
  store<f64>(HEAD, sqrt(greatest(largest)), EXACT_LARGEST);
  measureFrom<Made>(state, c, c, <i32>(p >> 2), errors, HEAD, 1);
}

/**
 * The same of `vectors` vectors whose exact values are `ratio`, above 0, times those behind a head at `kept`. Errors may take the
 * place of c, of which there is a copy in `tile` then, which may be c itself.
 */
export function measureKept(
  state: usize,
  c: usize,
  vectors: i32,
  errors: usize,
  kept: usize,
  tile: usize,
  ratio: f64,
): void {
  if (ratio == 1) measureFrom<Kept>(state, c, tile, vectors << 2, errors, kept, ratio);
  else measureFrom<Multiplied>(state, c, tile, vectors << 2, errors, kept, ratio);
}

/**
 * Keeps the n exact values at `from` behind a head of what they have in common with any c: Σv², the greatest and the least |v|, and
 * Σ|v| with what was rounded away.
 */
export function keep(from: usize, kept: usize, n: i32): void {
  const values = kept + EXACT_HEAD_BYTES;
  const adder = changetype<RisingAdder>(0);
  const zero = f64x2.splat(0);
  let vv = zero;
  let sizes = zero;
  let others = zero;
  let rest = zero;
  let largest = zero;
  let least = f64x2.splat(Infinity);
  // whole vectors of float32; squares are added in the order of measureFrom(), so that with c = 0 their sum is that of d²
  for (let p: usize = 0, end = (<usize>n) << 3; p < end; p += 32) {
    const v = v128.load(from + p);
    const w = v128.load(from + p, 16);
    v128.store(values + p, v);
    v128.store(values + p, w, 16);
    vv = f64x2.add(vv, f64x2.add(f64x2.mul(v, v), f64x2.mul(w, w)));
    const a = f64x2.abs(v);
    const b = f64x2.abs(w);
    const sum = f64x2.add(sizes, a);
    const other = f64x2.add(others, b);
    rest = f64x2.add(rest, f64x2.add(adder.rest(sizes, a, sum), adder.rest(others, b, other)));
    sizes = sum;
    others = other;
    largest = f64x2.pmax(largest, f64x2.pmax(a, b));
    least = f64x2.pmin(least, f64x2.pmin(a, b));
  }
  store<f64>(kept, pairSum(vv), EXACT_SQUARES);
  store<f64>(kept, greatest(largest), EXACT_LARGEST);
  store<f64>(kept, min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1)), EXACT_LEAST);
  store<f64>(SUM_EXACT, f64x2.extract_lane(sizes, 0));
  store<f64>(SUM_EXACT, pairSum(rest), LOW);
  addTo(SUM_EXACT, f64x2.extract_lane(sizes, 1));
  addTo(SUM_EXACT, f64x2.extract_lane(others, 0));
  addTo(SUM_EXACT, f64x2.extract_lane(others, 1));
  store<f64>(kept, load<f64>(SUM_EXACT) + load<f64>(SUM_EXACT, LOW), EXACT_SIZES);
}

/** TILE_V = n exact values times a ratio. */
function multiplyKept(values: usize, ratio: f64, n: i32): void {
  const ratios = f64x2.splat(ratio);
  for (let p: usize = 0, end = (<usize>n) << 3; p < end; p += 16) {
    v128.store(TILE_V + p, f64x2.mul(v128.load(values + p), ratios));
  }
}

/** Adds n pairs of c, of which the tile is or becomes a copy, and `ratio` times the values behind a head at `kept`. */
function measureFrom<S extends Source>(
  state: usize,
  c: usize,
  tile: usize,
  n: i32,
  errors: usize,
  kept: usize,
  ratio: f64,
): void {
  const source = changetype<S>(0);
  const values = kept + EXACT_HEAD_BYTES;
  // The loop loads its constants in each turn. There are not registers for them and all sums, and a sum without one is the slowest
  // of all: each turn of it waits until the last one is in memory, 14 cycles in place of 12.
  v128.store(HELD, source.kept() ? f64x2.splat(ratio) : boundOf(state));
  const zero = f64x2.splat(0);
  let e1 = zero;
  let e2 = zero;
  let dd = zero;
  let dv = zero;
  // greatest squares: their roots are the numbers themselves. Of kept values, the bits of |e| in float32
  let worst = zero;
  let absolute = zero;
  let exceeding = zero;
  for (let p: usize = 0, end = (<usize>n) << 2; p < end; p += 16) {
    const computed = v128.load(c + p);
    if (source.kept()) v128.store(tile + p, computed);
    const constant = v128.load(HELD);
    const inverse = v128.load(UNIT_INVERSE);
    const least = v128.load(UNIT_LEAST);
    const exponents = v128.load(UNIT_EXPONENTS);
    const va = source.times(v128.load(values + (p << 1)), constant);
    const vb = source.times(v128.load(values + (p << 1), 16), constant);
    const da = f64x2.sub(lowPair(computed), va);
    const db = f64x2.sub(lowPair(v128.load64_zero(c + p, 8)), vb);
    const ea = f64x2.mul(da, i64x2.sub(inverse, i32x4.max_s(least, v128.and(va, exponents))));
    const eb = f64x2.mul(db, i64x2.sub(inverse, i32x4.max_s(least, v128.and(vb, exponents))));
    const demoted = i64x2.shuffle(f32x4.demote_f64x2_zero(ea), f32x4.demote_f64x2_zero(eb), 0, 2);
    const sizes = v128.and(demoted, v128.load(ABS));
    v128.store(errors + p, sizes);
    const dda = f64x2.mul(da, da);
    const ddb = f64x2.mul(db, db);
    const eea = f64x2.mul(ea, ea);
    const eeb = f64x2.mul(eb, eb);
    // pairs are added to each other first: a sum waits for itself once, not twice
    e1 = f64x2.add(e1, f64x2.add(ea, eb));
    e2 = f64x2.add(e2, f64x2.add(eea, eeb));
    dd = f64x2.add(dd, f64x2.add(dda, ddb));
    dv = f64x2.add(dv, f64x2.add(f64x2.mul(da, va), f64x2.mul(db, vb)));
    absolute = f64x2.pmax(absolute, f64x2.pmax(dda, ddb));
    if (source.kept()) {
      worst = i32x4.max_s(worst, sizes);
    } else {
      worst = f64x2.pmax(worst, f64x2.pmax(eea, eeb));
      exceeding = v128.or(exceeding, f64x2.gt(dda, f64x2.mul(f64x2.mul(va, va), constant)));
      exceeding = v128.or(exceeding, f64x2.gt(ddb, f64x2.mul(f64x2.mul(vb, vb), constant)));
    }
  }
  storeFound(e1, e2, dd, dv, absolute);
  const rare = source.kept() ? rareOfKept(state, worst, kept, ratio) : rareOfMade(state, worst, exceeding);
  if (rare && source.kept()) multiplyKept(values, ratio, n);
  take(state, tile, errors, n, rare);
}

function greatest(x: v128): f64 {
  return max(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
}

// --- what a tile has, before it goes to a state ----------------------------------------------------------------

/** Where it stands, and offsets there: sums as a state has them, and the greatest |d| and |v|. */
const FOUND: usize = UNIT_FOUND;
const FOUND_E: usize = 0;
const FOUND_EE: usize = ERRORS_EE - ERRORS_E;
const FOUND_VV: usize = ERRORS_VV - ERRORS_E;
const FOUND_DD: usize = ERRORS_DD - ERRORS_E;
const FOUND_CV: usize = ERRORS_CV - ERRORS_E;
const FOUND_CC: usize = ERRORS_CC - ERRORS_E;
const FOUND_SUMS: usize = FOUND_CC + 8;
const FOUND_ABSOLUTE: usize = FOUND_SUMS;
const FOUND_LARGEST: usize = FOUND_SUMS + 8;
const FOUND_EXCEEDING: usize = FOUND_SUMS + 16;

/** What is rare, and takes the exact values once more: bits. */
const WORST: i32 = 1;
const EXCEEDS: i32 = 2;
/** There are special pairs; beyond the largest binade, too, the unit is not that of the binade. */
const SPECIAL: i32 = 4;
/** d takes so much of v away that sums of c are not to be had from those of v and d. */
const CANCELS: i32 = 8;

/** The sums of lanes, and the greatest of them: squares. */
function storeFound(e1: v128, e2: v128, dd: v128, dv: v128, absolute: v128): void {
  store<f64>(FOUND, pairSum(e1), FOUND_E);
  store<f64>(FOUND, pairSum(e2), FOUND_EE);
  store<f64>(FOUND, pairSum(dd), FOUND_DD);
  store<f64>(FOUND, pairSum(dv), FOUND_CV);
  store<f64>(FOUND, sqrt(greatest(absolute)), FOUND_ABSOLUTE);
}

/** `worst`: e² in lanes; `exceeding`: lanes with a relative error that exceeds all before. */
function rareOfMade(state: usize, worst: v128, exceeding: v128): i32 {
  store<f64>(FOUND, load<f64>(HEAD, EXACT_SQUARES), FOUND_VV);
  store<f64>(FOUND, load<f64>(HEAD, EXACT_LARGEST), FOUND_LARGEST);
  store<f64>(FOUND, -1, FOUND_EXCEEDING);
  return rareOf(mayBeWorst(state, sqrt(greatest(worst))), v128.any_true(exceeding));
}

/** `worst`: the bits of |e| in float32. */
function rareOfKept(state: usize, worst: v128, kept: usize, ratio: f64): i32 {
  const dd = load<f64>(FOUND, FOUND_DD);
  const vv = load<f64>(kept, EXACT_SQUARES) * ratio * ratio;
  // where all c are 0, the one sum is the other, to the bit: so it is where squares are not of the products that d are
  const zeros = load<f64>(FOUND, FOUND_CV) == -dd && abs(vv - dd) <= 1e-9 * dd;
  store<f64>(FOUND, zeros ? dd : vv, FOUND_VV);
  store<f64>(FOUND, load<f64>(kept, EXACT_LARGEST) * ratio, FOUND_LARGEST);
  const size = reinterpret<f32>(greatestLane(worst));
  const exceeding = sizeExceeding(state, load<f64>(kept, EXACT_LEAST) * ratio);
  store<f64>(FOUND, exceeding, FOUND_EXCEEDING);
  return rareOf(
    load<f64>(state, ERRORS_INDEX) < 0 || size >= <f32>abs(load<f64>(state, ERRORS_WORST)),
    size >= <f32>exceeding,
  );
}

function rareOf(isWorst: bool, exceeds: bool): i32 {
  const dd = load<f64>(FOUND, FOUND_DD);
  // Σdv stands in the place of Σcv: c = v + d
  const dv = load<f64>(FOUND, FOUND_CV);
  const vv = load<f64>(FOUND, FOUND_VV);
  const cc = vv + 2 * dv + dd;
  store<f64>(FOUND, vv + dv, FOUND_CV);
  store<f64>(FOUND, cc, FOUND_CC);
  const special = !(dd < Infinity && load<f64>(FOUND, FOUND_LARGEST) < 2 * load<f64>(UNIT_MOST));
  const cancels = cc < vv / 256;
  return (isWorst ? WORST : 0) | (exceeds ? EXCEEDS : 0) | (special ? SPECIAL : 0) | (cancels ? CANCELS : 0);
}

/** Adds a tile of n pairs of c and the exact values, which are in TILE_V where something is `rare`. */
function take(state: usize, c: usize, errors: usize, n: i32, rare: i32): void {
  if (rare & SPECIAL) {
    measureEach(state, c, n, errors);
    return;
  }
  if (rare & CANCELS) multiply(c, TILE_V, n);
  add(state, ERRORS_ORDINARY, n);
  for (let at: usize = 0; at < FOUND_SUMS; at += 16) {
    const to = state + ERRORS_E + at;
    v128.store(to, f64x2.add(v128.load(to), v128.load(FOUND + at)));
  }
  raise(state, ERRORS_ABSOLUTE, load<f64>(FOUND, FOUND_ABSOLUTE));
  raise(state, ERRORS_LARGEST, load<f64>(FOUND, FOUND_LARGEST));
  if (rare & EXCEEDS) raiseRelative(state, c, TILE_V, errors, n);
  if (rare & WORST) locate(state, c, TILE_V, errors, n);
}

/** The sums of cv and c² where d takes most of v away. */
function multiply(c: usize, exact: usize, n: i32): void {
  let product = 0.0;
  let power = 0.0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const computed = <f64>load<f32>(c + (i << 2));
    product += computed * load<f64>(exact + (i << 3));
    power += computed * computed;
  }
  store<f64>(FOUND, product, FOUND_CV);
  store<f64>(FOUND, power, FOUND_CC);
}

/** The square of the greatest relative error, and a little more: what is equal up to rounding does not exceed it. */
function boundOf(state: usize): v128 {
  const relative = load<f64>(state, ERRORS_RELATIVE);
  return f64x2.splat(relative * relative * 1.000000000000001);
}

/**
 * |e| from which on a relative error may exceed all before, where |v| is `least` at least. Rounded to float32, too, where both may
 * be 0, of |v| below the format, or infinite: what is greater does not come to be less.
 */
function sizeExceeding(state: usize, least: f64): f64 {
  // 2^(p - 1)
  const inverse = reinterpret<f64>(load<i64>(UNIT_INVERSE) - reinterpret<i64>(1.0));
  // a little less, for what is rounded on the way
  return load<f64>(state, ERRORS_RELATIVE) * inverse * 0.999999 * min(least / load<f64>(UNIT_LEAST), 1);
}

/** Takes the relative errors of n pairs, of which few exceed all before: where |e| is at least what stands at FOUND_EXCEEDING. */
function raiseRelative(state: usize, c: usize, exact: usize, errors: usize, n: i32): void {
  const bound = boundOf(state);
  const least = f32x4.splat(<f32>load<f64>(FOUND, FOUND_EXCEEDING));
  for (let p: usize = 0, end = (<usize>n) << 2; p < end; p += 16) {
    if (!v128.any_true(f32x4.ge(v128.load(errors + p), least))) continue;
    const va = v128.load(exact + (p << 1));
    const vb = v128.load(exact + (p << 1), 16);
    const da = f64x2.sub(lowPair(v128.load64_zero(c + p)), va);
    const db = f64x2.sub(lowPair(v128.load64_zero(c + p, 8)), vb);
    const a = f64x2.gt(f64x2.mul(da, da), f64x2.mul(f64x2.mul(va, va), bound));
    const b = f64x2.gt(f64x2.mul(db, db), f64x2.mul(f64x2.mul(vb, vb), bound));
    if (!v128.any_true(v128.or(a, b))) continue;
    raise(state, ERRORS_RELATIVE, max(relativeOf(da, va), relativeOf(db, vb)));
  }
}

/** The greater |d / v|; no number has a relative error of 0. */
function relativeOf(d: v128, v: v128): f64 {
  return greatest(f64x2.abs(f64x2.div(d, v128.bitselect(f64x2.splat(Infinity), v, f64x2.eq(v, f64x2.splat(0))))));
}
