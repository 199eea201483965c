// Free memory between blocks: found by size, and by where it begins and ends, in a time that does not grow with the
// number of holes. (Two-level segregated fit, as by Masmano, Ripoll, Crespo and Real, 2004.)

import { ALIGN } from "./sizes.js";

/** Sizes are whole lines of ALIGN bytes. Those of up to 15 have a bin each, larger ones eight bins from each power of two to the next. */
function binOf(lines: number): number {
  const level = 31 - Math.clz32(lines);
  return level < 3 ? lines : level * 8 - 16 + ((lines >> (level - 3)) & 7);
}

/** Words of 32 bins each: there are 2^26 lines in 4 GiB. */
const WORDS = 7;

/** Holes that are tried in the bin of a size, before one of the next bin is taken, which is large enough for certain. */
const TRIES = 8;

class Hole {
  readonly lines: number;
  previous: Hole | undefined = undefined;
  next: Hole | undefined = undefined;

  constructor(
    readonly start: number,
    readonly end: number,
  ) {
    this.lines = (end - start) / ALIGN;
  }
}

/**
 * Holes by an address. Engines leave what is deleted from a Map in its chains until the Map is made anew, so that a key
 * which comes and goes makes one of them as long as the Map is large: here it stays, without a hole, until half of all do.
 */
class Places {
  private holes = new Map<number, Hole | undefined>();
  count = 0;

  get(address: number): Hole | undefined {
    return this.holes.get(address);
  }

  /** There is none at this address. */
  set(address: number, hole: Hole): void {
    this.holes.set(address, hole);
    this.count++;
  }

  /** There is one at this address. */
  delete(address: number): void {
    this.holes.set(address, undefined);
    this.count--;
    if (this.holes.size > 2 * this.count + 64) this.holes = new Map([...this.holes].filter(([, hole]) => hole));
  }

  all(): Iterable<Hole | undefined> {
    return this.holes.values();
  }
}

/** No two of them touch. */
export class Holes {
  private readonly starts = new Places();
  private readonly ends = new Places();
  private readonly bins: (Hole | undefined)[] = new Array(WORDS * 32).fill(undefined);
  /** A bit for each bin that is not empty. */
  private readonly filled = new Int32Array(WORDS);

  get count(): number {
    return this.starts.count;
  }

  /** A hole, together with those that it touches. */
  add(start: number, end: number): void {
    const after = this.starts.get(end);
    if (after) this.remove(after);
    const hole = new Hole(this.removeBefore(start), after ? after.end : end);
    const bin = binOf(hole.lines);
    const next = this.bins[bin];
    if (next) next.previous = hole;
    hole.next = next;
    this.bins[bin] = hole;
    this.filled[bin >> 5] |= 1 << bin;
    this.starts.set(hole.start, hole);
    this.ends.set(hole.end, hole);
  }

  /** Takes away the hole that ends at an address, if there is one: where it began, else the address. */
  removeBefore(end: number): number {
    const hole = this.ends.get(end);
    if (!hole) return end;
    this.remove(hole);
    return hole.start;
  }

  /**
   * Where a block of whole lines goes: into about the smallest hole that has room for it.
   *
   * @param tries Holes of its bin to look at. The rest of the bin may have room, too.
   */
  take(bytes: number, tries = TRIES): number | undefined {
    const lines = bytes / ALIGN;
    const bin = binOf(lines);
    let hole = this.bins[bin];
    for (let left = tries; hole && hole.lines < lines; ) hole = --left ? hole.next : undefined;
    hole ??= this.above(bin);
    if (!hole) return undefined;
    this.remove(hole);
    if (hole.lines > lines) this.add(hole.start + bytes, hole.end);
    return hole.start;
  }

  /** Whether there is a hole in a range of addresses. */
  meet(start: number, end: number): boolean {
    for (const hole of this.starts.all()) if (hole && hole.start < end && hole.end > start) return true;
    return false;
  }

  /** A hole of the next bin that has one. */
  private above(bin: number): Hole | undefined {
    let mask = -2 << bin;
    for (let word = bin >> 5; word < WORDS; word++, mask = -1) {
      const bits = this.filled[word] & mask;
      if (bits) return this.bins[word * 32 + 31 - Math.clz32(bits & -bits)];
    }
    return undefined;
  }

  private remove(hole: Hole): void {
    const { start, end, lines, previous, next } = hole;
    this.starts.delete(start);
    this.ends.delete(end);
    if (next) next.previous = previous;
    if (previous) {
      previous.next = next;
      return;
    }
    const bin = binOf(lines);
    this.bins[bin] = next;
    if (!next) this.filled[bin >> 5] &= ~(1 << bin);
  }
}
