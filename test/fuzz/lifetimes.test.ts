/** Random lives of tensors: made, filled, computed with, viewed, kept in scopes, dropped and disposed of, while memory grows. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { load, type Tensor } from "../../src/index.js";
import { collectUntil } from "../support/collect.js";
import { detached } from "../support/detached.js";
import { uniform } from "../support/random.js";
import { fuzz } from "./runs.js";

const steps = fc.array(
  fc.record({
    what: fc.constantFrom("make", "make", "round", "dispose", "drop", "view", "tidy", "write", "grow", "detach"),
    which: fc.nat(),
    size: fc.constantFrom(0, 1, 3, 16, 17, 100, 1000, 5000),
  }),
  { maxLength: 120 },
);

const own = await load();

/** Of tensors without another name, the only thing that keeps them. */
let kept: { view: Float32Array; values: Float32Array }[] = [];

interface Live {
  made: Tensor;
  values: Float32Array;
}

fuzz("lives of tensors", 25, fc.tuple(steps, fc.nat(1e6)), ([list, seed]) => {
  const next = uniform(seed);
  const start = own.memory();
  const live: Live[] = [];
  const views: { view: Float32Array; of: Live }[] = [];
  let dropped = 0;
  const values = (size: number) => Float32Array.from({ length: size }, () => Math.fround(next()));
  const keep = (made: Tensor, held: Float32Array) => live.push({ made, values: held });
  for (const { what, which, size } of list) {
    const place = which % (live.length || 1);
    const one = live[place];
    if (what === "make" || !one) {
      const held = values(size);
      keep(own.tensor(held), held);
    } else if (what === "round") keep(own.round(one.made, "float32"), one.values.slice());
    else if (what === "dispose") {
      one.made.dispose();
      live.splice(place, 1);
    } else if (what === "drop") {
      dropped += Math.sign(one.made.size);
      // every other one has a view left
      if (which % 2) kept.push({ view: one.made.data as Float32Array, values: one.values });
      live.splice(place, 1);
    } else if (what === "view") views.push({ view: (one.made.data as Float32Array).subarray(0), of: one });
    else if (what === "tidy") {
      const made = own.tidy(() => {
        own.tensor(values(size));
        return [own.round(one.made, "float32")];
      });
      keep(made[0], one.values.slice());
    } else if (what === "write") {
      one.values.fill(which % 1000);
      one.made.data.fill(which % 1000);
    } else if (what === "detach") {
      const array = detached(size + 1);
      expect(() => own.norm(array)).toThrow(/^"x" must be a live array/);
      expect(() => own.round(one.made, "float32", { out: array })).toThrow(/^"out" must be a live array/);
    } else own.empty([own.memory().bytes / 64]).dispose();
    // those without elements have no memory
    expect(own.memory().tensors).toBe(start.tensors + dropped + live.filter(({ made }) => made.size).length);
  }
  // nobody's elements were given to another
  for (const { made, values: held } of live) expect(made.slice()).toEqual(held);
  for (const { view, of } of views) {
    // of no elements, too: its memory is gone
    if (of.made.disposed || view.buffer.byteLength === 0) {
      expect(() => own.norm(view)).toThrow(/must be a live /);
    } else expect(own.norm(view)).toEqual(own.norm(of.values));
  }
  // those that growth has cut off are of no use any more
  kept = kept.filter(({ view }) => view.length);
  for (const each of kept) expect([...each.view]).toEqual([...each.values]);
  for (const { made } of live) made.dispose();
  expect(own.memory().tensors).toBe(start.tensors + dropped);
});

test("what was dropped is freed, but not what there is a view of", async () => {
  const viewed = kept.length;
  await collectUntil(() => own.memory().tensors === viewed);
  expect(own.memory().tensors).toBe(viewed);
  const others = Array.from({ length: 100 }, () => own.tensor(new Float32Array(17).fill(5)));
  // in a function of its own, after which no variable has them
  (() => {
    for (const { view, values } of kept) if (view.length) expect([...view]).toEqual([...values]);
  })();
  for (const other of others) other.dispose();
  kept = [];
  await collectUntil(() => own.memory().tensors === 0);
  expect(own.memory()).toMatchObject({ used: 0, tensors: 0 });
}, 600_000);
