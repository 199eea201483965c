// The one file that knows how memory is divided: resident blocks from HEAP up to `top`, and above them the scratch
// space of the call that is running, which is given up as a whole when the next call begins.

import { HEAP, SLACK } from "../abi/plan.js";
import { Holes } from "./holes.js";
import { ALIGN, AWAY, MOST_HEADROOM, PAGE } from "./sizes.js";

/** What is asked of a WebAssembly.Memory. */
export interface Growable {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB, or throws and changes nothing. */
  grow(pages: number): unknown;
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

export class Heap {
  /** Views of all memory, made again after every grow: never keep one across an allocation. */
  declare buffer: ArrayBufferLike;
  declare f32: Float32Array;
  declare f64: Float64Array;
  declare i32: Int32Array;
  declare u16: Uint16Array;
  /** Where the last row may end. Asking the buffer is a call of a builtin, and a short call wants to know several times. */
  declare private limit: number;
  /** Resident blocks and their bytes, rounded up to whole cache lines. */
  blocks = 0;
  used = 0;
  /** End of the last resident block. */
  top: number;
  /** Free memory below `top`, which none of it touches. Made when there is some. */
  holes: Holes | undefined = undefined;
  /** When `used` is above this, forgotten tensors are looked for. */
  declare alarm?: number;
  private scratchEnd: number;

  constructor(
    readonly memory: Growable,
    base = HEAP,
  ) {
    this.top = this.scratchEnd = aligned(base) + AWAY;
    this.refresh();
  }

  /** Begins a call: scratch space is empty. Nothing is left behind by a call that failed. */
  begin(): void {
    this.scratchEnd = this.top;
  }

  /**
   * Scratch space of the call that is running, 64-byte aligned, not cleared.
   *
   * @param from The offset in its buffer of an array that is copied from or to here: see AWAY.
   * @throws {RangeError} when memory cannot grow.
   */
  scratch(bytes: number, from?: number): number {
    let address = this.scratchEnd;
    if (from !== undefined) address += (from + AWAY - address) & (4096 - ALIGN);
    const end = address + aligned(bytes);
    this.ensure(end);
    this.scratchEnd = end;
    return address;
  }

  /** Makes sure that memory goes on for SLACK bytes behind `end`. */
  ensure(end: number): void {
    if (end <= this.limit) return;
    const missing = end - this.limit;
    const pages = Math.ceil(missing / PAGE);
    for (let headroom = Math.min(this.buffer.byteLength / PAGE / 8, MOST_HEADROOM) | 0; ; headroom = 0) {
      try {
        this.memory.grow(pages + headroom);
        break;
      } catch {
        if (headroom) continue;
        throw new RangeError(
          `not enough memory: ${end + SLACK} bytes needed, growing from ${this.buffer.byteLength} failed`,
        );
      }
    }
    this.refresh();
  }

  private refresh(): void {
    const { buffer } = this.memory;
    this.buffer = buffer;
    this.limit = buffer.byteLength - SLACK;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u16 = new Uint16Array(buffer);
  }
}

// Blocks are functions, and not methods, so that they are only in the bundles of those who make tensors.

/**
 * A block of 64-byte aligned memory, not cleared: in a hole, else at the top. It begins where scratch space may be:
 * allocate before begin().
 *
 * @throws {RangeError} when memory cannot grow; nothing has changed then.
 */
export function allocate(heap: Heap, bytes: number): number {
  const size = aligned(bytes);
  let address = heap.holes?.take(size);
  if (address === undefined) {
    try {
      heap.ensure(heap.top + size);
      address = heap.top;
      heap.top += size;
    } catch (error) {
      address = heap.holes?.take(size, Infinity);
      if (address === undefined) throw error;
    }
  }
  heap.blocks++;
  heap.used += size;
  return address;
}

/** Whether all of a range of addresses is taken by blocks. */
export const covered = (heap: Heap, start: number, end: number): boolean =>
  start >= HEAP && end <= heap.top && !heap.holes?.meet(start, end);

/** Takes back a block of allocate(), with the bytes that were asked for. */
export function free(heap: Heap, address: number, bytes: number): void {
  const size = aligned(bytes);
  const end = address + size;
  heap.blocks--;
  heap.used -= size;
  if (end < heap.top) {
    heap.holes ??= new Holes();
    heap.holes.add(address, end);
  } else heap.top = heap.holes ? heap.holes.removeBefore(address) : address;
}
