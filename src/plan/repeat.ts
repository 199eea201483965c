// A call like one before: of the same function, with the same options, on tensors of the same shape. It was checked then, but
// for its tensors, and has its plan. Models make most of their calls like this, and for one row at a time the checks are
// most of what a call takes.
//
// Whatever is not as it mostly is (other forms, a wrong size, tensors that overlap, ...) goes the long way: this one gives up
// before anything is written, and has no errors of its own.

import * as at from "../abi/plan.js";
import { isObject } from "../checks/arguments.js";
import { type Engine, engine } from "../engine/engine.js";
import type { Heap } from "../engine/heap.js";
import { BLOCK } from "../engine/sizes.js";
import type { Dense } from "../tensor/forms.js";
import { Operand } from "../tensor/operand.js";
import { makeTensor, ownerOf, type Resident, residentOf } from "../tensor/resident.js";
import { sameShape } from "../tensor/shape.js";
import { bytesOf, dtypeOf } from "../tensor/storage.js";
import type { Tensor } from "../tensor/tensor.js";
import { getLength, lookAt, put } from "../tensor/views.js";
import { viewOf } from "./blocks.js";
import { Job, kernelFor, writePlan } from "./plan.js";

type View = Float32Array | Uint16Array;

/** A function by its name, and its options that are no tensors: of one type each, or comparing them would take 50 ns. */
export class Call {
  constructor(
    readonly name: string,
    readonly norm: string,
    readonly axis: number,
    readonly flag: boolean,
    readonly eps: number,
  ) {}
}

/** In the place of an axis or an eps that is not given. Nobody can give it. */
const ABSENT = -1e9;

/**
 * What a call is told from others by; undefined where an option is an object, which may be another one the next time, or wrong.
 *
 * @param axis The one option that says what it extends over.
 * @param flag The one option that is true or false.
 */
export function callOf(name: string, norm: unknown, axis: unknown, flag: unknown, eps?: unknown): Call | undefined {
  // what is wrong is for the long way to say
  if (axis === ABSENT || eps === ABSENT) return undefined;
  const own = norm === undefined ? "l2" : norm;
  const first = axis === undefined ? ABSENT : axis;
  const set = flag === undefined ? false : flag;
  const added = eps === undefined ? ABSENT : eps;
  if (typeof own !== "string" || typeof first !== "number" || typeof set !== "boolean" || typeof added !== "number") {
    return undefined;
  }
  return new Call(name, own, first, set, added);
}

/** What is kept of a call. */
class Memo {
  /** The shape of new tensors. */
  readonly frozen: readonly number[] = Object.freeze(this.y.shape.slice());

  /**
   * @param job With an x and a y that have no more than a shape and a storage.
   * @param fields Of the plan, with the addresses of the results: one, which may be OUTPUT, or two.
   * @param parameters Elements of weight and bias.
   */
  constructor(
    readonly call: Call,
    readonly job: Job,
    readonly y: Operand,
    readonly fields: readonly number[],
    readonly parameters: number,
  ) {}
}

/** Of the last few calls that differ. */
const memos: Memo[] = [];
const MOST = 8;
let oldest = 0;

/** A tensor as most are: in kernel memory, or in an array outside of it. */
class Usual {
  /**
   * @param array undefined for a tensor.
   * @param start In the buffer, or in kernel memory, whose buffer is not looked at.
   * @param shape undefined for an array by itself.
   */
  constructor(
    readonly array: View | undefined,
    readonly buffer: ArrayBufferLike | undefined,
    readonly start: number,
    readonly shape: readonly number[] | undefined,
    readonly size: number,
    readonly storage: number,
    readonly resident: Resident | undefined,
  ) {}
}

/** Whether an array is the data of a tensor, here or of another instance. */
const isOurs = (own: Engine, array: ArrayBufferView, buffer: ArrayBufferLike, start: number): boolean =>
  buffer === own.heap.buffer || (start >= at.HEAP && ownerOf(array) !== undefined);

export function usual(value: unknown): Usual | undefined {
  if (!isObject(value)) return undefined;
  const own = engine();
  const bare = ArrayBuffer.isView(value);
  const resident = bare ? undefined : residentOf(value);
  if (resident) {
    const { address, shape, size, storage } = resident;
    return address && resident.engine === own
      ? new Usual(undefined, undefined, address, shape, size, storage, resident)
      : undefined;
  }
  const array = (bare ? value : (value as { readonly data?: unknown }).data) as View;
  const look = lookAt(array);
  if (!look) return undefined;
  const { tag, buffer, start, size } = look;
  const storage = tag === "Float32Array" ? at.STORAGE_FLOAT32 : at.STORAGE_FLOAT16;
  // results for a Float16Array are of that class
  if (storage && tag !== "Uint16Array") return undefined;
  if (isOurs(own, array, buffer, start)) return undefined;
  let found: unknown;
  if (!bare) {
    const { shape, dims, dtype, type } = value as Record<string, unknown>;
    const said = dtype ?? type;
    found = shape ?? dims;
    if (!Array.isArray(found) || (said !== undefined && said !== dtypeOf(storage))) return undefined;
  }
  return new Usual(array, buffer, start, found as number[], size, storage, undefined);
}

/** Whether it is what it was, after getters of options have been called. */
const holds = ({ array, resident, size, start }: Usual): boolean =>
  array ? getLength.call(array) === size : resident?.address === start;

/** Whether a tensor shares memory with what takes `bytes` from `start` on in a buffer, undefined for kernel memory. */
function meet(a: Usual, buffer: ArrayBufferLike | undefined, start: number, bytes: number): boolean {
  return a.buffer === buffer && a.start < start + bytes && start < a.start + a.size * bytesOf(a.storage);
}

/** The shape of an array by itself is [size]. */
function find(call: Call, shape: readonly number[] | undefined, size: number, storage: number): Memo | undefined {
  const { name, norm, axis, flag, eps } = call;
  for (let i = 0; i < memos.length; i++) {
    const memo = memos[i];
    const { call: own, job } = memo;
    const { x } = job;
    if (own.name !== name || own.norm !== norm || own.axis !== axis || own.flag !== flag || own.eps !== eps) continue;
    if (x.size !== size || x.storage !== storage) continue;
    if (shape ? sameShape(x.shape, shape) : x.shape.length === 1) return memo;
  }
  return undefined;
}

/**
 * Keeps what a call came to that has just been made.
 *
 * @param fields See Memo.
 */
export function keep(call: Call, job: Job, y: Operand, fields: readonly number[], parameters = 0): void {
  const { x, numerics, walk } = job;
  if (numerics || !x.size) return;
  const output = fields[0] === at.OUTPUT;
  if ((output && x.storage !== y.storage) || find(call, x.shape, x.size, x.storage)) return;
  const like = ({ shape, size, storage }: Operand): Operand => new Operand(undefined, 0, shape.slice(), size, storage);
  const again = new Job(like(x), walk, job.task, job.norm, undefined);
  again.eps = job.eps;
  again.factor = job.factor;
  const result = like(y);
  if (output) again.y = result;
  memos[oldest] = new Memo(call, again, result, fields, parameters);
  oldest = (oldest + 1) % MOST;
}

/** Parameters are absent, are anything but what they mostly are, or are in an array that is to be copied. */
const NO_PARAMETERS = 0;
const UNUSUAL = -1;
const OUTSIDE = -2;

/** Where float32 parameters are in kernel memory, or one of the above. */
function parametersAt(own: Engine, value: unknown, size: number, to: Usual | undefined): number {
  if (value === undefined) return NO_PARAMETERS;
  if (ArrayBuffer.isView(value)) {
    const look = lookAt(value);
    if (look?.tag !== "Float32Array" || look.size !== size) return UNUSUAL;
    const { buffer, start } = look;
    if (isOurs(own, value, buffer, start) || (to && meet(to, buffer, start, size * 4))) return UNUSUAL;
    return OUTSIDE;
  }
  const resident = isObject(value) ? residentOf(value) : undefined;
  if (!resident?.address || resident.engine !== own || resident.size !== size || resident.storage) return UNUSUAL;
  return to && meet(to, undefined, resident.address, size * 4) ? UNUSUAL : resident.address;
}

/** New tensors; none is left behind when memory runs out. */
function make({ fields, frozen, y }: Memo): Tensor[] {
  const { shape, size, storage } = y;
  const made: Tensor[] = [];
  try {
    while (made.length < fields.length) made.push(makeTensor(shape, size, storage, frozen) as Tensor);
    return made;
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
}

/** Plain data from an address. */
function take(heap: Heap, { shape, size, storage }: Operand, address: number): Dense {
  const first = address / bytesOf(storage);
  return { data: viewOf(heap, storage).slice(first, first + size), shape: shape.slice(), dtype: dtypeOf(storage) };
}

/**
 * A result from an address to an array. The view that it is copied from is kept, by the engine, whose memory goes with it, as
 * long as it is the same.
 */
function hand(own: Engine, { size, storage }: Operand, address: number, to: View): void {
  const whole = viewOf(own.heap, storage);
  let { copied } = own;
  if (own.copiedFrom !== whole || copied?.byteOffset !== address || copied.length !== size) {
    const first = address / bytesOf(storage);
    copied = whole.subarray(first, first + size);
    own.copied = copied;
    own.copiedFrom = whole;
  }
  put(to, copied);
}

/** Runs the kernel. The places of a second result and of parameters are 0 where there are none. */
function launch(own: Engine, memo: Memo, x: number, first: number, second: number, weight: number, bias: number): void {
  const { fields, job } = memo;
  const { walk } = job;
  if (own.planned !== memo) writePlan(own, job, 0, walk.whole);
  own.planned = memo;
  const { i32 } = own.heap;
  i32[at.INPUT >> 2] = x;
  i32[fields[0] >> 2] = first;
  if (second) i32[fields[1] >> 2] = second;
  i32[at.WEIGHT >> 2] = weight;
  i32[at.BIAS >> 2] = bias;
  kernelFor(own, walk)();
}

/**
 * The result of a call like one before; of a function that has two, both and the elements of a group.
 *
 * @param from x, looked at before the options were read: a getter among them may have done something to it.
 * @param out As it was given.
 * @returns undefined where the call has to be made in full.
 */
export function repeat(call: Call, from: Usual, out?: unknown, weight?: unknown, bias?: unknown): unknown {
  const own = engine();
  const { heap } = own;
  const memo = find(call, from.shape, from.size, from.storage);
  if (!memo) return undefined;
  const { fields, job, parameters, y } = memo;
  const { walk } = job;
  const { array, size, start, storage } = from;
  const output = fields[0] === at.OUTPUT;
  // what is longer goes through a block, piece by piece
  const xBytes = size * bytesOf(storage);
  if (array && xBytes > 2 * BLOCK) return undefined;
  const to = usual(out);
  if (out !== undefined) {
    if (!to || to.size !== y.size || to.storage !== y.storage) return undefined;
    if (to.shape && !sameShape(to.shape, y.shape)) return undefined;
    if (meet(to, from.buffer, start, xBytes) && !(output && to.start === start)) return undefined;
  }
  let w = parametersAt(own, weight, parameters, to);
  let b = parametersAt(own, bias, parameters, to);
  if (w === UNUSUAL || b === UNUSUAL || !holds(from)) return undefined;
  const two = fields.length > 1;
  if (!array && !to) {
    // copying parameters may fail, and leave a tensor behind
    if (w === OUTSIDE || b === OUTSIDE) return undefined;
    const [one, other] = make(memo);
    launch(own, memo, start, one.address as number, other?.address ?? 0, w, b);
    return two ? [one, other, walk.count] : one;
  }
  heap.begin();
  const resident = to && !to.array;
  // plain data is worked on in place
  const place = array ? (output && resident ? to.start : heap.scratch(xBytes, start)) : start;
  const bytes = y.size * bytesOf(y.storage);
  const first = resident ? to.start : output && array ? place : heap.scratch(bytes, to?.start);
  const second = two ? heap.scratch(bytes) : 0;
  const wOutside = w === OUTSIDE;
  const bOutside = b === OUTSIDE;
  if (wOutside) w = heap.scratch(parameters * 4);
  if (bOutside) b = heap.scratch(parameters * 4);
  // memory does not grow any more
  if (wOutside) heap.f32.set(weight as Float32Array, w / 4);
  if (bOutside) heap.f32.set(bias as Float32Array, b / 4);
  if (array) viewOf(heap, storage).set(array, place / bytesOf(storage));
  launch(own, memo, place, first, second, w, b);
  if (to?.array) hand(own, y, first, to.array);
  if (to) return out;
  const result = take(heap, y, first);
  return two ? [result, take(heap, y, second), walk.count] : result;
}
