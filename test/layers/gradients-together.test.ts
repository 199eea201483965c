/** Gradients of many channels, which are walked together, are those of two at a time. */

import { expect, test } from "vitest";
import { batchNormBackward, statistics, tensor, tidy } from "../../src/index.js";
import { gaussian } from "../support/random.js";

const [IMAGES, CHANNELS, LENGTH] = [12, 100, 900];
const KINDS = [
  (n: number) => gaussian(n, 1),
  (n: number) => gaussian(n, 2, 1e4),
  // factors that are near to leaving float32
  (n: number) => gaussian(n, 3, 0, 1e30),
  (n: number) => gaussian(n, 4, 0, 1e-18),
  // elements at the mean
  (n: number) => gaussian(n, 5).map((value, i) => (i % 3 ? Math.fround(0.5) : i % 2 ? value : 1 - value)),
  (n: number) => new Float32Array(n).fill(3),
  (n: number) => gaussian(n, 6).fill(Number.NaN, n - 1),
];

const group = (c: number): Float32Array => KINDS[c % KINDS.length](IMAGES * LENGTH);

function together(groups: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(IMAGES * groups.length * LENGTH);
  groups.forEach((values, c) => {
    for (let i = 0; i < IMAGES; i++)
      data.set(values.subarray(i * LENGTH, (i + 1) * LENGTH), (i * groups.length + c) * LENGTH);
  });
  return data;
}

const groups = Array.from({ length: CHANNELS }, (_, c) => group(c));
const upstream = groups.map((_, c) => gaussian(IMAGES * LENGTH, 20 + (c % 3)));
const weight = gaussian(CHANNELS, 30);
/** In kernel memory: what is elsewhere goes there a few channels at a time. */
const tensorOf = (parts: readonly Float32Array[]) => tensor(together(parts), [IMAGES, parts.length, LENGTH]);

test.each([{ norm: "l2" }, { norm: "l1" }, { norm: "linf" }, { norm: { lp: 3 } }] as const)("$norm", ({ norm }) => {
  const run = (first: number, count: number, eps: number, given: boolean) =>
    tidy(() => {
      const x = tensorOf(groups.slice(first, first + count));
      const dy = tensorOf(upstream.slice(first, first + count));
      const { mean, deviation } = statistics(x, { norm, axes: [0, 2] });
      const options = { ...(given && { mean, deviation }), norm, eps, weight: weight.slice(first, first + count) };
      const { dx, dweight, dbias } = batchNormBackward(dy, x, options);
      return [dx, dweight, dbias].map((result) => (result.data as Float32Array).slice());
    });
  for (const [eps, given] of [
    [0, true],
    [1e-5, false],
  ] as const) {
    const [dx, ...sums] = run(0, CHANNELS, eps, given);
    for (let c = 0; c < CHANNELS; c += 2) {
      // of two channels, panels are as small as they can be
      const [alone, ...sumsAlone] = run(c, 2, eps, given);
      const what = `channels ${c} and ${c + 1}, eps ${eps}`;
      expect(
        sums.map((all) => all.slice(c, c + 2)),
        what,
      ).toEqual(sumsAlone);
      for (let i = 0; i < IMAGES; i++) {
        const from = (i * CHANNELS + c) * LENGTH;
        const found = Buffer.from(dx.slice(from, from + 2 * LENGTH).buffer);
        const expected = Buffer.from(alone.slice(2 * i * LENGTH, 2 * (i + 1) * LENGTH).buffer);
        expect(found.equals(expected), `${what}, image ${i}`).toBe(true);
      }
    }
  }
});
