// Between tensors and tiles: a stretch of a group, whatever its storage and its segments, as contiguous float32 and back.

import {
  INPUT,
  INPUT_STORAGE,
  KEPT_WEIGHT,
  LENGTH,
  OUTPUT,
  OUTPUT_STORAGE,
  REDUCED_RANK,
  REDUCED_STRIDE,
  REDUCED_WEIGHT,
  STORAGE_FLOAT32,
  WEIGHT_STEP,
} from "../../src/abi/plan";
import { pack, unpack, unpackMagnitudes } from "../lanes/float16";
import { storeLanes } from "../lanes/vectors";
import { checkStretch, checkTile } from "../preconditions";
import { keptOffset, reducedOffset } from "./offsets";

/** Copies n float32; memory.copy is a call out of the module, dear for few. */
export function copy(src: usize, dst: usize, n: i32): void {
  if (n >= 512) {
    memory.copy(dst, src, (<usize>n) << 2);
    return;
  }
  for (; n >= 8; n -= 8) {
    const x = v128.load(src, 0);
    const y = v128.load(src, 16);
    v128.store(dst, x, 0);
    v128.store(dst, y, 16);
    src += 32;
    dst += 32;
  }
  for (; n > 0; n -= 4) {
    storeLanes(dst, v128.load(src), n);
    src += 16;
    dst += 16;
  }
}

/** Fills n float32. */
export function fill(dst: usize, n: i32, value: f32): void {
  const x = f32x4.splat(value);
  for (; n >= 4; n -= 4) {
    v128.store(dst, x);
    dst += 16;
  }
  if (n > 0) storeLanes(dst, x, n);
}

/** Halves are read as magnitudes: sums of |x| need no pass to take them. */
export let magnitudes: bool = false;

export function readMagnitudes(yes: bool): void {
  magnitudes = yes;
}

/** n contiguous elements at element `at` of the input, as float32 at `to`. */
export function read(at: i32, n: i32, to: usize): void {
  if (!ASC_NO_ASSERT) checkStretch(at, n);
  const input = load<usize>(INPUT);
  if (load<i32>(INPUT_STORAGE) == STORAGE_FLOAT32) copy(input + ((<usize>at) << 2), to, n);
  else if (magnitudes) unpackMagnitudes(input + ((<usize>at) << 1), to, n);
  else unpack(input + ((<usize>at) << 1), to, n);
}

/** What an output may be stored as. */
export interface Form {
  /** Whether as float16: the plan says. */
  halves(): bool;
}

export class AnyForm implements Form {
  halves(): bool {
    return true;
  }
}

export class Single implements Form {
  halves(): bool {
    return false;
  }
}

/** n float32 at `from` to element `at` of the output. */
export function write<F extends Form = AnyForm>(at: i32, n: i32, from: usize): void {
  if (!ASC_NO_ASSERT) checkStretch(at, n);
  const output = load<usize>(OUTPUT);
  if (!changetype<F>(0).halves() || load<i32>(OUTPUT_STORAGE) == STORAGE_FLOAT32)
    copy(from, output + ((<usize>at) << 2), n);
  else pack(from, output + ((<usize>at) << 1), n);
}

/** The segment that element `index` of a group in rows is in. */
function segmentOf(index: i32, length: i32): i32 {
  return load<i32>(REDUCED_RANK) > 0 ? index / length : 0;
}

/** Elements [from, from + n) of the group in rows that starts at element `base`, to `to`. */
export function gather(base: i32, from: i32, n: i32, to: usize): void {
  if (!ASC_NO_ASSERT) checkTile(to, n);
  if (load<i32>(REDUCED_RANK) == 0) {
    read(base + from, n, to);
    return;
  }
  const length = load<i32>(LENGTH);
  let segment = segmentOf(from, length);
  let position = from - segment * length;
  while (n > 0) {
    const count = min(n, length - position);
    read(base + reducedOffset(segment, REDUCED_STRIDE) + position, count, to);
    to += (<usize>count) << 2;
    n -= count;
    position = 0;
    segment++;
  }
}

/** The reverse of `gather`, into the output. */
export function scatter<F extends Form = AnyForm>(base: i32, from: i32, n: i32, source: usize): void {
  if (!ASC_NO_ASSERT) checkTile(source, n);
  const length = load<i32>(LENGTH);
  let segment = segmentOf(from, length);
  let position = from - segment * length;
  while (n > 0) {
    const count = min(n, length - position);
    write<F>(base + reducedOffset(segment, REDUCED_STRIDE) + position, count, source);
    source += (<usize>count) << 2;
    n -= count;
    position = 0;
    segment++;
  }
}

/** Weights (`field` WEIGHT) or biases (BIAS) of elements [from, from + n) of group `index` in rows, to `to`. */
export function gatherWeights(field: usize, index: i32, from: i32, n: i32, to: usize): void {
  if (!ASC_NO_ASSERT) checkTile(to, n);
  const weights = load<usize>(field) + ((<usize>keptOffset(index, KEPT_WEIGHT)) << 2);
  const length = load<i32>(LENGTH);
  const step = load<i32>(WEIGHT_STEP);
  let segment = segmentOf(from, length);
  let position = from - segment * length;
  while (n > 0) {
    const count = min(n, length - position);
    const at = weights + ((<usize>(reducedOffset(segment, REDUCED_WEIGHT) + position * step)) << 2);
    if (step) copy(at, to, count);
    else fill(to, count, load<f32>(at));
    to += (<usize>count) << 2;
    n -= count;
    position = 0;
    segment++;
  }
}
