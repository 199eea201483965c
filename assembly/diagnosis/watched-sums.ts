// Emulated sums (emulated/sums.ts) of which every addition is watched.
//
// Stagnation is counted where it happens, which costs little more than the addition; the other events are looked for only
// where a result is not ordinary (events.ts). While errors are gathered, which is done for one group of interest, the
// rounding error of every addition of that group is added up exactly:
//
//   r = RN(s + x),  s + x = t + u without error (Knuth),  r - (s + x) = (r - t) - u

import { STAGNATION_EVENT } from "../../src/abi/report";
import { Split } from "../emulated/quick-sums";
import { accumulators, grid, laneBytes, SumWatch, side } from "../emulated/sums";
import { ACCUMULATE, kindOfSums, splitterOf } from "../formats/format";
import { ADDITION, Add, operate } from "../formats/operations";
import { clearVectors, magnitude } from "../lanes/vectors";
import { GATHERED, LANES, STAGNANT } from "../memory";
import { width } from "../tensors/groups";
import { ADDEND, countEvents, groupAt, LIMIT, looksAtAll, note, validLanes, watchOf } from "./events";
import { addTo, LOW } from "./reals";
import { placeTile } from "./tile-indices";

/** Group of the bundle whose errors are gathered, -1 for none. */
let gathered: i32 = -1;

/** Errors of additions of group j of the bundle are gathered at GATHERED; -1: of none. */
export function gatherErrors(j: i32): void {
  gathered = j;
  if (j < 0) return;
  clearVectors(GATHERED, 16);
  clearVectors(GATHERED + LOW, 16);
}

/** Whether every addition is looked at, ordinary or not. */
function looksAtEach(): bool {
  return looksAtAll() || gathered >= 0;
}

export class WatchedSums implements SumWatch {
  start(): void {
    clearVectors(STAGNANT, laneBytes());
  }

  place(from: i32): void {
    placeTile(from);
  }

  chain(x: usize, n: i32, kind: i32, _split: bool): void {
    for (let p = 0; p < n; p++) {
      const s = v128.load(LANES);
      const t = v128.load32_splat(x);
      const r = operate<Add>(s, t, kind, ACCUMULATE);
      v128.store(LANES, r);
      takeAddition(s, t, r, 0, p, p + 1);
      x += 4;
    }
  }

  blocks(_x: usize): bool {
    return false;
  }

  rows(x: usize, tile: usize, vectors: i32, rows: i32, end: i32): bool {
    if (looksAtEach()) return false;
    accumulateQuickly(x, tile, (<usize>vectors) << 4, rows, end);
    return true;
  }

  halves(_x: usize, _vectors: i32): bool {
    return false;
  }

  whole(): bool {
    return false;
  }

  add(s: v128, t: v128, r: v128, at: usize, p: i32, end: i32): void {
    takeAddition(s, t, r, at, p, end);
  }

  fold(s: v128, t: v128, r: v128, i: i32, n: i32): void {
    const odd = Addition.odd(r, v128.load(watchOf(ADDEND)), v128.load(watchOf(LIMIT)));
    const stagnant = Addition.stagnant(s, t, r, f32x4.splat(0));
    if (v128.any_true(v128.or(odd, stagnant)) || looksAtEach()) noteAdditions(s, t, r, i, n);
  }

  finish(): void {
    let sum = 0;
    // fewer than a vector are added to one by one, in lanes that are all the same
    const n = accumulators() < 4 ? 1 : accumulators();
    for (let i = 0; i < n; i++) {
      if (side == 1 || i % side < width) sum += load<i32>(STAGNANT + ((<usize>i) << 2));
    }
    countEvents(STAGNATION_EVENT, sum);
  }
}

/** Takes an addition of elements: stagnation is counted at the accumulators. */
function takeAddition(s: v128, t: v128, r: v128, at: usize, p: i32, end: i32): void {
  if (v128.any_true(Addition.odd(r, v128.load(watchOf(ADDEND)), v128.load(watchOf(LIMIT)))) || looksAtEach()) {
    noteAdditions(s, t, r, p, end);
  } else {
    Addition.count(at, Addition.stagnant(s, t, r, f32x4.splat(0)));
  }
}

/** In line wherever it is called. */
class Addition {
  /** Lanes of results that are not ordinary (events.ts). */
  @inline
  static odd(r: v128, addend: v128, limit: v128): v128 {
    return i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
  }

  /** Lanes where both operands are nonzero, and the result is one of them. */
  @inline
  static stagnant(s: v128, t: v128, r: v128, zero: v128): v128 {
    const same = v128.or(f32x4.eq(r, s), f32x4.eq(r, t));
    return v128.and(same, v128.and(f32x4.ne(s, zero), f32x4.ne(t, zero)));
  }

  /** Counts the lanes of a mask as stagnant accumulators at LANES + at. */
  @inline
  static count(at: usize, mask: v128): void {
    v128.store(STAGNANT + at, i32x4.sub(v128.load(STAGNANT + at), mask));
  }
}

/**
 * LANES += every row of `bytes` bytes at x, by Veltkamp's splitting, which is right as long as results are ordinary: two vectors at
 * a time, so that there is one test for both.
 */
function accumulateQuickly(x: usize, tile: usize, bytes: usize, rows: i32, end: i32): void {
  const c = v128.load(splitterOf(ACCUMULATE));
  const addend = v128.load(watchOf(ADDEND));
  const limit = v128.load(watchOf(LIMIT));
  const zero = f32x4.splat(0);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 32) {
      const s = v128.load(LANES + at, 0);
      const t = v128.load(x, 0);
      const u = v128.load(LANES + at, 16);
      const w = v128.load(x, 16);
      const p = Split.by(f32x4.add(s, t), c);
      const q = Split.by(f32x4.add(u, w), c);
      if (v128.any_true(v128.or(Addition.odd(p, addend, limit), Addition.odd(q, addend, limit)))) {
        addSlowly(at, s, t, <i32>((x - tile) >> 2), end);
        addSlowly(at + 16, u, w, <i32>((x + 16 - tile) >> 2), end);
      } else {
        v128.store(LANES + at, p, 0);
        v128.store(LANES + at, q, 16);
        Addition.count(at, Addition.stagnant(s, t, p, zero));
        Addition.count(at + 16, Addition.stagnant(u, w, q, zero));
      }
      x += 32;
    }
  }
}

/** One vector of accumulators, s + t, looked at in every way. */
function addSlowly(at: usize, s: v128, t: v128, p: i32, end: i32): void {
  const r = operate<Add>(s, t, kindOfSums(grid, ACCUMULATE), ACCUMULATE);
  v128.store(LANES + at, r);
  noteAdditions(s, t, r, p, end);
}

/** Takes the events of four additions, and their errors if they are asked for. */
function noteAdditions(s: v128, t: v128, r: v128, p: i32, end: i32): void {
  note(ADDITION, s, t, r, p, end, true);
  if (gathered < 0) return;
  const valid = i32x4.bitmask(validLanes(p, end));
  gather(f32x4.extract_lane(s, 0), f32x4.extract_lane(t, 0), f32x4.extract_lane(r, 0), valid, p);
  gather(f32x4.extract_lane(s, 1), f32x4.extract_lane(t, 1), f32x4.extract_lane(r, 1), valid >> 1, p + 1);
  gather(f32x4.extract_lane(s, 2), f32x4.extract_lane(t, 2), f32x4.extract_lane(r, 2), valid >> 2, p + 2);
  gather(f32x4.extract_lane(s, 3), f32x4.extract_lane(t, 3), f32x4.extract_lane(r, 3), valid >> 3, p + 3);
}

function gather(s: f64, t: f64, r: f64, valid: i32, p: i32): void {
  if (!(valid & 1) || groupAt(p) != gathered) return;
  const sum = s + t;
  const part = sum - s;
  const rest = s - (sum - part) + (t - part);
  addTo(GATHERED, r - sum);
  addTo(GATHERED, -rest);
}
