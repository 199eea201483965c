// What a function is given and what it gives: tensors of all forms, reduced to one.

import { checkSize, isObject, wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";
import { engine } from "../engine/engine.js";
import type { Dense, Out, TensorLike } from "./forms.js";
import { makeTensor, ownerOf, type Resident, residentAt, residentOf } from "./resident.js";
import { checkFit, checkShape, sameShape } from "./shape.js";
import { arrayOf, bytesOf, checkDType, type Data, dtypeOf, STORAGES } from "./storage.js";
import type { Tensor } from "./tensor.js";
import { getBuffer, getLength, getOffset, getTag, isCutOff } from "./views.js";

/**
 * A tensor, checked: an argument, or where a result goes. It is in kernel memory if it has an address, else in
 * `array`; a result that is yet to be made is in neither. One class for all, so that what handles them stays fast.
 */
export class Operand {
  /** What was given to be filled. */
  out: Out | undefined = undefined;
  /** A new tensor, if that is what the result becomes. */
  tensor: Tensor | undefined = undefined;
  /** Where a kernel finds it during a call: at its address, or the address of a copy. */
  place: number = this.address;

  /**
   * @param array Elements outside of kernel memory, float16 as bits. It may be of a class of its own: see views.ts.
   * @param storage One of the STORAGE constants.
   * @param like Results become tensors.
   * @param half A native Float16Array came and goes.
   * @param name In messages.
   * @param resident Whose memory it is.
   */
  constructor(
    public array: Float32Array | Uint16Array | undefined,
    public address: number,
    public shape: readonly number[],
    readonly size: number,
    readonly storage: number,
    public like = false,
    readonly half = false,
    readonly name = "",
    readonly resident?: Resident,
  ) {}
}

const FORMS = "a Float32Array, Uint16Array, Float16Array, { data, shape } or Tensor";

/** Elements [from, from + n) of an array, as a view of our own. */
export function part({ array, storage }: Operand, from: number, n: number): Float32Array | Uint16Array {
  const given = array as Float32Array;
  return new (arrayOf(storage))(getBuffer.call(given), getOffset.call(given) + from * bytesOf(storage), n);
}

/** Something has no memory any more. */
const lost = (name: string, what = "array", how = "detached or cut off: ask a Tensor for its data again"): Error =>
  new TypeError(`"${name}" must be a live ${what}, got one that was ${how}`);

/**
 * To be asked again when all arguments have been read: a getter among them may have disposed of a tensor, or detached an
 * array.
 *
 * @throws {TypeError} where the memory of an operand is gone.
 */
export function checkHeld({ name, resident, array, size }: Operand): void {
  if (resident && resident.address === undefined) throw lost(name, "tensor", "disposed of");
  if (array && getLength.call(array) !== size) throw lost(name);
}

/** A typed array; `data` may be anything. */
function wrap(name: string, data: unknown, shape?: readonly number[]): Operand {
  const tag = getTag.call(data) as string;
  const storage = STORAGES[tag];
  if (storage === undefined) throw wrong(name, shape ? "a Float32Array, Uint16Array or Float16Array" : FORMS, data);
  const given = data as Float32Array | Uint16Array;
  const size = getLength.call(given);
  if (!size && isCutOff(given)) throw lost(name);
  const buffer = getBuffer.call(given);
  const offset = getOffset.call(given);
  const half = tag === "Float16Array";
  // a view of our own memory would be cut off by a grow: it is known by its address instead
  const own = buffer === engine().heap.buffer;
  const result = new Operand(
    own ? undefined : half ? new Uint16Array(buffer, offset, size) : given,
    own ? offset : 0,
    shape ?? [size],
    size,
    storage,
    false,
    half,
    name,
    ownerOf(given)?.resident ?? (own ? residentAt(engine(), offset, offset + size * bytesOf(storage)) : undefined),
  );
  checkHeld(result);
  return result;
}

/** Refuses another storage than is wanted; any will do for undefined. */
function checkStorage(name: string, wanted: number | undefined, storage: number, got?: unknown): void {
  if (wanted !== undefined && wanted !== storage) {
    throw new TypeError(`"${name}" must hold ${dtypeOf(wanted)}, got ${got ? describe(got) : dtypeOf(storage)}`);
  }
}

/**
 * A tensor argument of any form. A tensor of another instance counts as plain data.
 *
 * @throws {TypeError} for other things, wrong dtypes and disposed tensors.
 * @throws {RangeError} for shapes that do not fit.
 */
export function operand(name: string, value: TensorLike): Operand {
  if (ArrayBuffer.isView(value)) return wrap(name, value);
  if (!isObject(value) || !("data" in value)) throw wrong(name, FORMS, value);
  const resident = residentOf(value);
  if (resident) {
    const { address, shape, size, storage } = resident;
    const result = new Operand(undefined, address as number, shape, size, storage, true, false, name, resident);
    checkHeld(result);
    if (resident.engine === engine()) return result;
  }
  const { data, shape, dims, dtype, type } = value as object as Record<string, unknown>;
  const key = `${name}.${shape === undefined && dims !== undefined ? "dims" : "shape"}`;
  const result = wrap(`${name}.data`, data, checkShape(key, shape ?? dims));
  checkFit(key, result.shape, result.size);
  const wanted = checkDType(`${name}.${dtype === undefined ? "type" : "dtype"}`, dtype ?? type);
  checkStorage(result.name, wanted, result.storage, data);
  return result;
}

/** A tensor argument with one element for each of something. */
export function required(name: string, value: TensorLike, size: number): Operand {
  const result = operand(name, value);
  checkSize(name, size, result.size);
  return result;
}

/** The same, undefined for undefined. */
export const parameter = (name: string, value: TensorLike | undefined, size: number): Operand | undefined =>
  value === undefined ? undefined : required(name, value, size);

/**
 * Where a result goes.
 *
 * @param from What the result follows when `out` is not given.
 * @param storage Demanded by the function or the caller; undefined takes that of `out` or `from`.
 */
export function target(
  out: Out | undefined,
  shape: readonly number[],
  size: number,
  storage: number | undefined,
  from: Operand,
): Operand {
  if (out === undefined) {
    return new Operand(undefined, 0, shape, size, storage ?? from.storage, from.like, from.half);
  }
  const shaped = isObject(out) && !ArrayBuffer.isView(out);
  // of { data } without a shape there is only the size to be checked
  const bare = shaped && "data" in out && !("shape" in out || "dims" in out);
  const found = bare ? wrap("out.data", out.data) : operand("out", out as TensorLike);
  checkSize("out", size, found.size);
  if (shaped && !bare && !sameShape(found.shape, shape)) {
    throw wrong("out", `of shape ${describe(shape)}`, found.shape, "object");
  }
  checkStorage("out", storage, found.storage);
  found.shape = shape;
  found.like = false;
  found.out = out;
  return found;
}

/** Where the elements begin, in their buffer or in kernel memory. */
export const startOf = ({ array, address }: Operand): number => (array ? getOffset.call(array) : address);

const bufferOf = ({ array }: Operand): ArrayBuffer | undefined => array && getBuffer.call(array);

const byteLengthOf = ({ size, storage }: Operand): number => size * bytesOf(storage);

/**
 * Refuses an `out` that shares memory with an operand, since it would be overwritten while it is read.
 *
 * @param inPlace `out` may be exactly the operand.
 */
export function checkOverlap(to: Operand, name: string, from: Operand | undefined, inPlace = false): void {
  if (to.out === undefined || !from?.size || !to.size || bufferOf(to) !== bufferOf(from)) return;
  const distance = startOf(to) - startOf(from);
  if (distance >= byteLengthOf(from) || -distance >= byteLengthOf(to)) return;
  if (inPlace && !distance && to.storage === from.storage && to.size === from.size) return;
  throw new RangeError(`"out" must not overlap "${name}"${inPlace ? " in part" : ""}`);
}

/**
 * Whether two arrays may lie in the same memory though their buffers are two objects: each that receives a
 * SharedArrayBuffer has another one for it.
 */
export const mayShare = (a: Operand, b: Operand | undefined): boolean =>
  !!b?.array &&
  bufferOf(a) !== bufferOf(b) &&
  !(bufferOf(a) instanceof ArrayBuffer || bufferOf(b) instanceof ArrayBuffer);

/** Gives a target that becomes a tensor its memory. */
export function settle(to: Operand | undefined): void {
  if (to?.like) {
    to.tensor = makeTensor(to.shape, to.size, to.storage) as Tensor;
    to.place = to.address = to.tensor.address as number;
  }
}

/** What the caller gets. */
export function finish(to: Operand): Out | Dense {
  const made = to.out ?? to.tensor;
  if (made) return made;
  const { array, shape, storage } = to;
  const half = to.half && storage;
  return {
    data: half ? new (globalThis as typeof globalThis).Float16Array(array?.buffer as ArrayBuffer) : (array as Data),
    shape: shape.slice(),
    dtype: dtypeOf(storage),
  };
}
