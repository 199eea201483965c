// The kernel that rounds tensors to the grid of a format, in every mode.

import { MODE_DOWN, MODE_NEAREST_EVEN, MODE_ODD, MODE_STOCHASTIC, MODE_UP, STORAGE_FLOAT32 } from "../../src/abi/plan";
import { checkElements } from "../preconditions";
import { COMPUTE, FLUSHED64, LARGEST64, LEAST64, MOST64, OVERFLOWED64, SPACING64 } from "./format";
import { First, map, roundNumber, Unwatched } from "./operations";

/** A float64 to the grid in one of the other modes; `random` in [0, 1) decides the stochastic one. */
function roundDirected(x: f64, f: usize, mode: i32, random: f64): f64 {
  if (x != x) return x;
  const a = abs(x);
  const largest = load<f64>(f, LARGEST64);
  const e = max(
    min(reinterpret<f64>(reinterpret<i64>(a) & 0x7ff0000000000000), load<f64>(f, MOST64)),
    load<f64>(f, LEAST64),
  );
  const ulp = e * load<f64>(f, SPACING64);
  const steps = a / ulp;
  const below = floor(steps);
  const away = (mode == MODE_UP && x > 0) || (mode == MODE_DOWN && x < 0);
  let up = away && steps > below;
  if (mode == MODE_ODD) up = steps > below && fmod2(below) == 0;
  if (mode == MODE_STOCHASTIC) up = steps - below > random;
  let r = (up ? below + 1 : below) * ulp;
  if (r > largest) {
    // a finite number that is not rounded away from zero stays finite
    r = a < Infinity && !away && mode != MODE_STOCHASTIC ? largest : load<f64>(f, OVERFLOWED64);
  }
  if (r < load<f64>(f, FLUSHED64)) r = 0;
  return copysign(r, x);
}

function fmod2(x: f64): f64 {
  return x - 2 * floor(x * 0.5);
}

/** 32 well mixed bits of a counter (the finalizer of MurmurHash3). */
function mix(h: u32): u32 {
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/** n float32 to the grid of FORMAT_COMPUTE. In place allowed. Element i of a seed is rounded alike everywhere. */
export function round(src: usize, dst: usize, n: i32, mode: i32, seed: u32): void {
  if (!ASC_NO_ASSERT) {
    checkElements(src, STORAGE_FLOAT32, n);
    checkElements(dst, STORAGE_FLOAT32, n);
    assert(mode >= MODE_NEAREST_EVEN && mode <= MODE_STOCHASTIC);
  }
  const f = COMPUTE;
  let i = 0;
  if (mode == MODE_NEAREST_EVEN) {
    i = n & ~3;
    map<First, Unwatched>(src, src, 0, dst, n >> 2, 1, f);
  }
  for (; i < n; i++) {
    const at = (<usize>i) << 2;
    const x = <f64>load<f32>(src + at);
    const random = <f64>mix(mix(seed) + <u32>i) * 2.3283064365386963e-10;
    store<f32>(dst + at, <f32>(mode == MODE_NEAREST_EVEN ? roundNumber(x, f) : roundDirected(x, f, mode, random)));
  }
}
