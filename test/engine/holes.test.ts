/** Free memory between blocks. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate, free, Heap } from "../../src/engine/heap.js";
import { Holes } from "../../src/engine/holes.js";
import { load } from "../../src/index.js";
import { uniform } from "../support/random.js";

const LINE = 64;

/** Free memory as a list of lines, which is slow and simple. */
class Lines {
  private readonly free = new Set<number>();

  add(start: number, end: number): void {
    for (let at = start; at < end; at += LINE) this.free.add(at);
  }

  /** Whether all of it is free, and takes it. */
  take(start: number, bytes: number): boolean {
    for (let at = start; at < start + bytes; at += LINE) if (!this.free.delete(at)) return false;
    return true;
  }

  /** The longest stretch. */
  longest(): number {
    let most = 0;
    for (const start of this.free) {
      if (this.free.has(start - LINE)) continue;
      let end = start;
      while (this.free.has(end)) end += LINE;
      most = Math.max(most, end - start);
    }
    return most;
  }

  /** Stretches. */
  count(): number {
    return [...this.free].filter((start) => !this.free.has(start - LINE)).length;
  }
}

describe("holes", () => {
  test("any sequence: what is handed out is free, neighbours are joined, and what fits is found", () => {
    const command = fc.record({ give: fc.boolean(), at: fc.nat(199), lines: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const holes = new Holes();
        const lines = new Lines();
        const taken = new Set(Array.from({ length: 240 }, (_, i) => i * LINE));
        for (const { give, at, lines: n } of commands) {
          const [start, bytes] = [at * LINE, n * LINE];
          if (give) {
            let end = start;
            while (end < start + bytes && taken.delete(end)) end += LINE;
            if (end === start) continue;
            holes.add(start, end);
            lines.add(start, end);
          } else {
            const fits = lines.longest() >= bytes;
            const found = holes.take(bytes, Infinity);
            expect(found !== undefined).toBe(fits);
            if (found === undefined) continue;
            expect(lines.take(found, bytes)).toBe(true);
            for (let i = found; i < found + bytes; i += LINE) taken.add(i);
          }
          expect(holes.count).toBe(lines.count());
        }
      }),
    );
  });

  test("small ones of the right size are taken first", () => {
    const holes = new Holes();
    for (let i = 0; i < 50; i++) holes.add(i * 100 * LINE, (i * 100 + i + 1) * LINE);
    for (const n of [1, 7, 15]) expect(holes.take(n * LINE)).toBe((n - 1) * 100 * LINE);
    expect(holes.take(51 * LINE)).toBe(undefined);
    expect(holes.take(50 * LINE)).toBe(49 * 100 * LINE);
  });

  test("up to 4 GiB", () => {
    const holes = new Holes();
    holes.add(0, 2 ** 32 - LINE);
    expect(holes.take(2 ** 32)).toBe(undefined);
    expect(holes.take(2 ** 31)).toBe(0);
    expect(holes.take(2 ** 31 - LINE)).toBe(2 ** 31);
    expect(holes.count).toBe(0);
  });

  test("a million calls: nothing takes longer with many holes, and little memory is lost to them", () => {
    const heap = new Heap({ buffer: new ArrayBuffer(8192 * 65536), grow() {} }, 4096);
    const bottom = heap.top;
    const next = uniform(7);
    const live: { address: number; bytes: number }[] = [];
    // sizes as they come: mostly small, a few large
    const size = () => Math.ceil(2 ** (6 + 12 * next() ** 3));
    let most = 0;
    for (let i = 0; i < 1_000_000; i++) {
      if (live.length < 20_000) {
        const bytes = size();
        live.push({ address: allocate(heap, bytes), bytes });
      } else {
        const k = Math.floor(next() * live.length);
        free(heap, live[k].address, live[k].bytes);
        live[k] = live[live.length - 1];
        live.pop();
      }
      most = Math.max(most, heap.used);
    }
    expect(heap.holes?.count).toBeGreaterThan(1000);
    expect(heap.top - bottom).toBeLessThan(1.5 * most);
    for (const { address, bytes } of live) free(heap, address, bytes);
    expect([heap.top, heap.used, heap.blocks, heap.holes?.count]).toEqual([bottom, 0, 0, 0]);
  });

  test("a million tensors between twenty thousand holes never grow memory", async () => {
    const own = await load();
    const tensors = Array.from({ length: 40_000 }, () => own.empty([16]));
    for (let i = 0; i < tensors.length; i += 2) tensors[i].dispose();
    const x = own.tensor([1, 2, 3, 4], [1, 4]);
    own.layerNorm(x).dispose();
    const { bytes } = own.memory();
    for (let i = 0; i < 1_000_000; i++) own.norm(x).dispose();
    expect(own.memory().bytes).toBe(bytes);
    for (let i = 1; i < tensors.length; i += 2) tensors[i].dispose();
    expect(own.memory().tensors).toBe(1);
  });
});
