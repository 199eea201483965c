// What happens to single operations: overflow, underflow, subnormal results, stagnation, invalid operations.
//
// Nearly all results are ordinary, and one comparison tells: the bits of magnitudes order like integers, so
//
//      0     subnormals     2^emin ......... largest     infinity, NaN
//                           |                      |
//      |r| + ADDEND:        least integer    ...   LIMIT     everything else is greater
//
// Only what is not ordinary is looked at closely. Where an event was first is not looked for at all until a bundle of
// groups has counted one that no group before it had: then the bundle is done once more, and each event leaves its place.

import {
  EVENT_COUNTS,
  EVENT_ELEMENTS,
  EVENT_GROUPS,
  EVENT_KINDS,
  INVALID_EVENT,
  OVERFLOW_EVENT,
  STAGE_COUNT,
  STAGNATION_EVENT,
  SUBNORMAL_EVENT,
  UNDERFLOW_EVENT,
} from "../../src/abi/report";
import { padded } from "../emulated/bundle";
import { formatAt, LARGEST64, LEAST64, OVERFLOWED64, precisionOf } from "../formats/format";
import { ADDITION, Add, PRODUCT, QUOTIENT, ROUNDING, Watch } from "../formats/operations";
import { EXPONENTS } from "../lanes/constants";
import { highPair, lowPair, magnitude } from "../lanes/vectors";
import { BUNDLE_FLOATS, FIRSTS, FIRSTS_BYTES, WATCH_BYTES, WATCHES } from "../memory";
import { Norm } from "../norms/norm";
import { OfOther, withNorm } from "../norms/with-norm";
import { group, width } from "../tensors/groups";
import { first } from "./tile-indices";

// --- formats as they are watched ----------------------------------------------------------------------------

export const ADDEND: usize = 0;
export const LIMIT: usize = 16;
/** 2^emin. */
const NORMAL: usize = 32;
/** The least exact magnitude that overflows to the largest number, where that is the rule; NaN elsewhere. */
const SATURATES: usize = 48;

/** Prepares to watch the format of a slot. */
export function prepareWatch(slot: i32): void {
  const format = formatAt(slot);
  const watch = watchAt(slot);
  const least = <f32>load<f64>(format, LEAST64);
  const largest = load<f64>(format, LARGEST64);
  const saturates = load<f64>(format, OVERFLOWED64) == largest;
  const low = reinterpret<i32>(least);
  // a largest number may be what has overflowed
  const high = reinterpret<i32>(<f32>largest) - (saturates ? 1 : 0);
  v128.store(watch, i32x4.splat(i32.MIN_VALUE - low), ADDEND);
  v128.store(watch, i32x4.splat(i32.MIN_VALUE + (high - low)), LIMIT);
  v128.store(watch, f32x4.splat(least), NORMAL);
  store<f64>(watch, saturates ? saturationOf(largest, precisionOf(format)) : NaN, SATURATES);
}

function watchAt(slot: i32): usize {
  return WATCHES + WATCH_BYTES * slot;
}

/** Half a step above the largest number; a tie goes to the even one of the two. */
function saturationOf(largest: f64, precision: i32): f64 {
  const bits = reinterpret<i64>(largest);
  const half = reinterpret<f64>((bits & 0x7ff0000000000000) - ((<i64>precision) << 52));
  const even = ((bits >> (53 - precision)) & 1) == 0;
  const middle = largest + half;
  return even ? reinterpret<f64>(reinterpret<i64>(middle) + 1) : middle;
}

// --- what is counted ----------------------------------------------------------------------------------------

/** The stage at hand, its format and how that is watched. */
let stage: i32 = 0;
let watch: usize = 0;
/** Places are noted, nothing is counted. */
let finding: bool = false;
/** Events were counted that may have no place yet. */
let unasked: bool = false;
/** The group that is watched alone; -1: all groups of the bundle side by side. */
let alone: i32 = -1;

/** A place behind all elements, and one behind that: none. */
export const NO_ELEMENT: i32 = i32.MAX_VALUE - 1;
const NOWHERE: i32 = i32.MAX_VALUE;
/** The element that single numbers belong to. */
let element: i32 = NO_ELEMENT;

export function startEvents(): void {
  memory.fill(EVENT_COUNTS, 0, STAGE_COUNT * EVENT_KINDS * 8);
  memory.fill(EVENT_GROUPS, 255, STAGE_COUNT * EVENT_KINDS * 8);
}

/** Operations from here on belong to a stage and round to the format of a slot. */
export function enterStage(number: i32, slot: i32): void {
  stage = number;
  watch = watchAt(slot);
}

/** Tiles from here on hold all groups of the bundle. */
export function takeAllGroups(): void {
  alone = -1;
}

/** Tiles from here on hold group j alone, and single numbers are its own: of an element, or of none. */
export function takeGroup(j: i32, i: i32 = NO_ELEMENT): void {
  alone = j;
  element = i;
}

/** Groups that a tile has side by side. */
function sides(): i32 {
  return alone < 0 ? padded : 1;
}

/** The group that place p of a tile belongs to. */
export function groupAt(p: i32): i32 {
  return alone < 0 ? p % padded : alone;
}

/** Number of kinds of events that have no place yet, of those that were counted since this was asked last. */
export function unplaced(): i32 {
  let kinds = 0;
  if (!unasked) return 0;
  unasked = false;
  for (let i: usize = 0; i < <usize>(STAGE_COUNT * EVENT_KINDS); i++) {
    if (load<f64>(<usize>EVENT_COUNTS + (i << 3)) > 0 && load<i32>(<usize>EVENT_GROUPS + (i << 2)) < 0) kinds++;
  }
  return kinds;
}

/** From here on nothing is counted, but places are noted. */
export function startFinding(): void {
  finding = true;
  for (let at: usize = 0; at < FIRSTS_BYTES; at += 4) store<i32>(FIRSTS + at, NOWHERE);
}

/** Takes the first places of events that have none yet, and counts again. */
export function finishFinding(): void {
  finding = false;
  for (let i: usize = 0; i < <usize>(STAGE_COUNT * EVENT_KINDS); i++) {
    if (load<i32>(<usize>EVENT_GROUPS + (i << 2)) >= 0) continue;
    for (let j = 0; j < width; j++) {
      const place = load<i32>(FIRSTS + i * BUNDLE_FLOATS + ((<usize>j) << 2));
      if (place == NOWHERE) continue;
      store<i32>(<usize>EVENT_GROUPS + (i << 2), group + j);
      store<i32>(<usize>EVENT_ELEMENTS + (i << 2), place == NO_ELEMENT ? -1 : place);
      break;
    }
  }
}

/** Whether every operation is to be looked at, ordinary or not. */
export function looksAtAll(): bool {
  return finding;
}

/** Counts n events that need no place. */
export function countEvents(event: i32, n: i32): void {
  if (finding || n == 0) return;
  const i = <usize>(stage * EVENT_KINDS + event);
  const at = <usize>EVENT_COUNTS + (i << 3);
  store<f64>(at, load<f64>(at) + <f64>n);
  if (load<i32>(<usize>EVENT_GROUPS + (i << 2)) < 0) unasked = true;
}

/** Lanes of places p to p + 3 of a tile that belong to a group; `end`: places in use. */
export function validLanes(p: i32, end: i32): v128 {
  const lanes = i32x4(0, 1, 2, 3);
  const inside = i32x4.lt_s(i32x4.add(i32x4.splat(p), lanes), i32x4.splat(end));
  const side = sides();
  if (side == 1) return inside;
  return v128.and(inside, i32x4.lt_s(i32x4.add(i32x4.splat(p % side), lanes), i32x4.splat(width)));
}

/** Takes the events of lanes whose mask is set. */
function tally(event: i32, mask: v128, p: i32): void {
  const bits = i32x4.bitmask(mask);
  if (!bits) return;
  if (!finding) {
    countEvents(event, popcnt(bits));
    return;
  }
  for (let lane = 0; lane < 4; lane++) {
    if (!((bits >> lane) & 1)) continue;
    find(event, groupAt(p + lane), first >= 0 ? first + (p + lane) / sides() : NO_ELEMENT);
  }
}

function find(event: i32, j: i32, place: i32): void {
  const at = FIRSTS + <usize>(stage * EVENT_KINDS + event) * BUNDLE_FLOATS + ((<usize>j) << 2);
  store<i32>(at, min(load<i32>(at), place));
}

// --- operations on tiles ------------------------------------------------------------------------------------

/** What is no operation of formats/operations.ts: a term of TermKind.Other, of a. */
export const TERM: i32 = 4;

/** Address of ADDEND or LIMIT of the format at hand: r is ordinary unless |r| + ADDEND > LIMIT as integers. */
export function watchOf(field: usize): usize {
  return watch + field;
}

/** Takes the events of four operations at place p of a tile that has `end` places in use. */
export function note(kind: i32, a: v128, b: v128, r: v128, p: i32, end: i32, sums: bool): void {
  const valid = validLanes(p, end);
  const zero = f32x4.splat(0);
  const infinity = v128.load(EXPONENTS);
  const size = magnitude(r);
  const subnormal = v128.and(f32x4.lt(size, v128.load(watch, NORMAL)), f32x4.ne(r, zero));
  const odd = i32x4.gt_s(i32x4.add(size, v128.load(watch, ADDEND)), v128.load(watch, LIMIT));
  tally(SUBNORMAL_EVENT, v128.and(subnormal, valid), p);
  // most of what is not ordinary is no more than that
  if (v128.any_true(v128.xor(odd, subnormal))) noteRare(kind, a, b, r, p, valid);
  if (!sums) return;
  const finite = v128.and(i32x4.lt_s(magnitude(a), infinity), i32x4.lt_s(magnitude(b), infinity));
  const some = v128.and(f32x4.ne(a, zero), f32x4.ne(b, zero));
  const unchanged = v128.or(f32x4.eq(r, a), f32x4.eq(r, b));
  tally(STAGNATION_EVENT, v128.and(v128.and(finite, some), v128.and(unchanged, valid)), p);
}

/** The events of results that are zero, infinite, NaN or the largest number. */
function noteRare(kind: i32, a: v128, b: v128, r: v128, p: i32, valid: v128): void {
  const zero = f32x4.splat(0);
  const infinity = v128.load(EXPONENTS);
  const size = magnitude(r);
  const finite = v128.and(i32x4.lt_s(magnitude(a), infinity), i32x4.lt_s(magnitude(b), infinity));
  const some = v128.and(f32x4.ne(a, zero), f32x4.ne(b, zero));
  const number = v128.and(f32x4.eq(a, a), f32x4.eq(b, b));
  let nonzero = some;
  if (kind == ADDITION) nonzero = f32x4.ne(f32x4.add(a, b), zero);
  if (kind >= QUOTIENT) nonzero = f32x4.ne(a, zero);
  // 0 / 0 is no overflow
  const defined = kind == QUOTIENT ? v128.or(f32x4.ne(a, zero), f32x4.ne(b, zero)) : i32x4.splat(-1);
  let beyond = v128.or(i32x4.eq(size, infinity), v128.and(f32x4.ne(r, r), defined));
  if (load<f64>(watch, SATURATES) > 0) beyond = v128.or(beyond, saturated(kind, a, b));
  const overflow = v128.and(finite, beyond);
  tally(OVERFLOW_EVENT, v128.and(overflow, valid), p);
  tally(INVALID_EVENT, v128.and(v128.andnot(v128.and(number, f32x4.ne(r, r)), overflow), valid), p);
  tally(UNDERFLOW_EVENT, v128.and(v128.and(finite, nonzero), v128.and(f32x4.eq(r, zero), valid)), p);
}

/** Lanes whose exact result is beyond the largest number where that is taken in its place. */
function saturated(kind: i32, a: v128, b: v128): v128 {
  const low = exceeds(exactPair(kind, lowPair(a), lowPair(b)));
  const high = exceeds(exactPair(kind, highPair(a), highPair(b)));
  return i32x4.shuffle(low, high, 0, 2, 4, 6);
}

function exceeds(x: v128): v128 {
  return f64x2.ge(f64x2.abs(x), f64x2.splat(load<f64>(watch, SATURATES)));
}

class Term extends OfOther {
  of<N extends Norm>(d: f64, _y: f64, _i: i32, _j: i32, _k: i32, _p: usize, _q: usize): f64 {
    return changetype<N>(0).number(d);
  }
}

/** The result in float64, which is on the same side of any float32 boundary as the exact one. */
function exactPair(kind: i32, a: v128, b: v128): v128 {
  if (kind == ADDITION) return changetype<Add>(0).pairs(a, b);
  if (kind == PRODUCT) return f64x2.mul(a, b);
  if (kind == QUOTIENT) return f64x2.div(a, b);
  if (kind == ROUNDING) return a;
  const low = withNorm<Term, f64>(f64x2.extract_lane(a, 0));
  return f64x2.replace_lane(f64x2.splat(low), 1, withNorm<Term, f64>(f64x2.extract_lane(a, 1)));
}

/** The operations of a tile, each with the events of the stage. */
export class Watched implements Watch {
  looks(): bool {
    return true;
  }
  addend(): v128 {
    return v128.load(watch, ADDEND);
  }
  limit(): v128 {
    return v128.load(watch, LIMIT);
  }
  all(): bool {
    return finding;
  }
  note(kind: i32, a: v128, b: v128, r: v128, p: i32, end: i32): void {
    note(kind, a, b, r, p, end, false);
  }
}

/** The events of operations that change nothing: x is the operand and the result. */
export function watchTile(kind: i32, x: usize, end: i32): void {
  const addend = v128.load(watch, ADDEND);
  const limit = v128.load(watch, LIMIT);
  const all = finding;
  for (let p = 0; p < end; p += 4) {
    const r = v128.load(x + ((<usize>p) << 2));
    const odd = i32x4.gt_s(i32x4.add(magnitude(r), addend), limit);
    if (v128.any_true(odd) || all) note(kind, r, r, r, p, end, false);
  }
}

// --- single operations --------------------------------------------------------------------------------------

/**
 * Takes the events of one operation of the group that is watched alone: the result r of a and b (1 where there is one
 * operand) in a format, which would be `exact` without rounding; `nonzero`: the exact result is not zero.
 */
export function noteNumber(a: f64, b: f64, exact: f64, nonzero: bool, r: f64): void {
  const finite = abs(a) < Infinity && abs(b) < Infinity;
  const overflow =
    finite && (abs(r) == Infinity || (r != r && exact == exact) || abs(exact) >= load<f64>(watch, SATURATES));
  if (overflow) noteOne(OVERFLOW_EVENT);
  else if (r != r && a == a && b == b) noteOne(INVALID_EVENT);
  if (finite && nonzero && r == 0) noteOne(UNDERFLOW_EVENT);
  if (r != 0 && abs(r) < <f64>load<f32>(watch, NORMAL)) noteOne(SUBNORMAL_EVENT);
}

function noteOne(event: i32): void {
  if (finding) find(event, alone, element);
  else countEvents(event, 1);
}
