/** The heap: no block meets another, holes are found again, memory grows when it has to, and what happens when it cannot. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SLACK } from "../../src/abi/plan.js";
import { allocate, free, type Growable, Heap } from "../../src/engine/heap.js";
import { load } from "../../src/index.js";

const PAGE = 65536;
const BASE = 4096;

/** Memory that grows to a limit, then throws as WebAssembly.Memory does. */
class FakeMemory implements Growable {
  buffer: ArrayBuffer;
  grows = 0;
  limit: number;

  constructor(pages: number, limit: number) {
    this.buffer = new ArrayBuffer(pages * PAGE);
    this.limit = limit;
  }

  grow(pages: number): void {
    if (!Number.isInteger(pages) || this.buffer.byteLength / PAGE + pages > this.limit) {
      throw new RangeError("failed to grow memory");
    }
    const old = new Uint8Array(this.buffer);
    this.buffer = new ArrayBuffer(this.buffer.byteLength + pages * PAGE);
    new Uint8Array(this.buffer).set(old);
    this.grows++;
  }
}

const state = (heap: Heap) => ({ top: heap.top, used: heap.used, blocks: heap.blocks, bytes: heap.buffer.byteLength });

describe("resident blocks", () => {
  test("are aligned, apart, and reused", () => {
    const heap = new Heap(new FakeMemory(1, 1), BASE);
    const start = heap.top;
    const a = allocate(heap, 1);
    const b = allocate(heap, 64);
    const c = allocate(heap, 65);
    expect([a, b, c, heap.top]).toEqual([start, start + 64, start + 128, start + 256]);
    expect(state(heap)).toMatchObject({ used: 256, blocks: 3 });
    free(heap, b, 64);
    expect(allocate(heap, 10)).toBe(b);
    free(heap, a, 1);
    free(heap, b, 10);
    expect(allocate(heap, 128)).toBe(a);
    free(heap, c, 65);
    free(heap, a, 128);
    expect(state(heap)).toMatchObject({ top: start, used: 0, blocks: 0 });
  });

  test("begin behind the base, aligned, and not at the start of a page", () => {
    for (const base of [0, 1, 100, 4096, 4100]) {
      const address = allocate(new Heap(new FakeMemory(1, 1), base), 4);
      expect(address).toBeGreaterThanOrEqual(base);
      expect(address).toBeLessThan(base + 4096 + 64);
      expect(address % 64).toBe(0);
    }
    expect(allocate(new Heap(new FakeMemory(1, 1), BASE), 4) % 4096).toBe(4096 - 128);
  });

  test("memory ends SLACK bytes behind the last block, not earlier", () => {
    const memory = new FakeMemory(1, 2);
    const heap = new Heap(memory, BASE);
    allocate(heap, PAGE - heap.top - SLACK);
    expect(memory.grows).toBe(0);
    allocate(heap, 1);
    expect(memory.grows).toBe(1);
  });

  test("grows with some headroom, or by just what is needed", () => {
    const roomy = new FakeMemory(64, 1000);
    allocate(new Heap(roomy, BASE), 64 * PAGE);
    expect(roomy.buffer.byteLength).toBe((65 + 64 / 8) * PAGE);
    const tight = new FakeMemory(64, 66);
    allocate(new Heap(tight, BASE), 64 * PAGE);
    expect(tight.buffer.byteLength).toBe(65 * PAGE);
  });

  test("nothing has changed when memory cannot grow", () => {
    const heap = new Heap(new FakeMemory(1, 2), BASE);
    const a = allocate(heap, 1000);
    allocate(heap, 1000);
    free(heap, a, 1000);
    heap.begin();
    const before = state(heap);
    expect(() => allocate(heap, 2 * PAGE)).toThrow(RangeError);
    expect(() => allocate(heap, 2 * PAGE)).toThrow(/not enough memory: \d+ bytes needed/);
    expect(() => heap.scratch(2 * PAGE)).toThrow(RangeError);
    expect(state(heap)).toEqual(before);
    expect(allocate(heap, 1000)).toBe(a);
    expect(heap.scratch(8)).toBe(heap.top);
  });

  test("views follow a grow", () => {
    const memory = new FakeMemory(1, 3);
    const heap = new Heap(memory, BASE);
    const a = allocate(heap, 64);
    heap.f32[a / 4] = 1.5;
    allocate(heap, PAGE);
    for (const view of [heap.f32, heap.f64, heap.i32, heap.u16]) expect(view.buffer).toBe(memory.buffer);
    expect(heap.f32[a / 4]).toBe(1.5);
  });

  test("any sequence: blocks never overlap, free space is found again, all is given back", () => {
    const command = fc.record({ bytes: fc.integer({ min: 1, max: 700 }), victim: fc.nat(), back: fc.boolean() });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const heap = new Heap(new FakeMemory(1, 8), BASE);
        const start = heap.top;
        const live: { address: number; bytes: number }[] = [];
        const check = () => {
          const sorted = live.map(({ address, bytes }) => [address, address + bytes]).sort((a, b) => a[0] - b[0]);
          for (let i = 0; i < sorted.length; i++) {
            expect(sorted[i][0] % 64).toBe(0);
            if (i) expect(sorted[i][0]).toBeGreaterThanOrEqual(sorted[i - 1][1]);
          }
          const end = Math.max(start, ...sorted.map(([, last]) => Math.ceil(last / 64) * 64));
          expect(heap.top).toBe(end);
          expect(heap.blocks).toBe(live.length);
          expect(heap.used).toBe(live.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 64) * 64, 0));
        };
        for (const { bytes, victim, back } of commands) {
          if (back && live.length) {
            const [block] = live.splice(victim % live.length, 1);
            free(heap, block.address, block.bytes);
          } else live.push({ address: allocate(heap, bytes), bytes });
          check();
        }
        while (live.length) {
          const block = live.pop() as { address: number; bytes: number };
          free(heap, block.address, block.bytes);
        }
        expect(state(heap)).toMatchObject({ top: start, used: 0, blocks: 0 });
      }),
    );
  });
});

describe("scratch space", () => {
  test("lies above the blocks, aligned, and begins anew with every call", () => {
    const heap = new Heap(new FakeMemory(1, 1), BASE);
    allocate(heap, 100);
    heap.begin();
    const a = heap.scratch(4);
    const b = heap.scratch(100);
    expect([a, b, heap.scratch(1)]).toEqual([heap.top, heap.top + 64, heap.top + 192]);
    heap.begin();
    expect(heap.scratch(4)).toBe(a);
  });

  test("for copies lies away from the page offset of the array", () => {
    const heap = new Heap(new FakeMemory(1, 3), BASE);
    heap.begin();
    for (const offset of [0, 4, 64, 1000, 4096, 70_000]) {
      const end = heap.scratch(1) + 64;
      const address = heap.scratch(100, offset);
      expect(address).toBeGreaterThanOrEqual(end);
      expect(address).toBeLessThan(end + 4096);
      expect(address % 64).toBe(0);
      const ahead = (address - offset + 2 ** 20) % 4096;
      expect(ahead).toBeGreaterThan(4096 - 128 - 64);
      expect(ahead).toBeLessThanOrEqual(4096 - 128);
    }
  });

  test("a million calls never grow", () => {
    const memory = new FakeMemory(1, 100);
    const heap = new Heap(memory, BASE);
    const { top } = heap;
    for (let i = 0; i < 1_000_000; i++) {
      const address = allocate(heap, 4096);
      heap.begin();
      heap.scratch(8192);
      free(heap, address, 4096);
    }
    expect(memory.grows).toBe(0);
    expect(heap.top).toBe(top);
  });
});

describe("memory that cannot grow", () => {
  test("is a clear error that changes nothing", async () => {
    const small = await load({ maxBytes: 2 ** 20 });
    const x = small.tensor(new Float32Array(100_000).fill(2), [100, 1000]);
    const before = small.memory();
    const full = /^not enough memory: \d+ bytes needed, growing from \d+ failed/;
    const unchanged = (call: () => unknown) => {
      expect(call).toThrow(RangeError);
      expect(call).toThrow(full);
      // part of what was needed may have been there to grow into
      expect(small.memory()).toEqual({ ...before, bytes: expect.any(Number) });
    };
    unchanged(() => small.empty([200_000]));
    unchanged(() => small.tensor(new Float32Array(200_000)));
    unchanged(() => small.tensor(new Uint16Array(200_000), [200_000], "float32"));
    unchanged(() => small.layerNorm(x));
    unchanged(() => small.layerNorm(x, { dtype: "float16", weight: new Float32Array(100_000), axis: 0 }));
    unchanged(() => small.norm(x, { norm: { topk: 100_000 } }));
    unchanged(() => small.statistics(new Float32Array(200_000)));
    unchanged(() => small.trelu(x));
    const out = new Float32Array(200_000).fill(7);
    unchanged(() => small.layerNorm(new Float32Array(200_000), { out }));
    expect(out.every((value) => value === 7)).toBe(true);
    expect(x.data.every((value) => value === 2)).toBe(true);
    // and what needs no more still works
    expect(small.layerNorm(x, { norm: "l1", out: x })).toBe(x);
    expect(small.mean(new Float32Array(1_000_000).fill(3)).data[0]).toBe(3);
  });
});
