/** Learning rates and norms that stand in for weight decay. */
import { describe, expect, test } from "vitest";
import {
  channelNorms,
  correctedLearningRate,
  effectiveStepSize,
  norm,
  normSchedule,
  rescaleToNorms,
  tensor,
} from "../../src/index.js";
import { indexOf } from "../oracle/walk.js";
import { gaussian } from "../support/random.js";
import { any, refuses } from "../support/refuses.js";

const filters = () => ({ data: gaussian(5 * 3 * 4, 1), shape: [5, 3, 4] });

test("channelNorms are L2 norms", () => {
  const w = filters();
  expect(channelNorms(w)).toEqual(norm(w, { axes: [1, 2] }).data);
  expect(channelNorms(w, { axis: -1 })).toEqual(norm(w, { axes: [0, 1] }).data);
  expect(channelNorms(new Float32Array(3).fill(-2))).toEqual(new Float32Array(3).fill(2));
  expect(() => channelNorms(w, { axis: 3 })).toThrow(new RangeError('"axis" must be an integer in [-3, 2], got 3'));
});

test("effectiveStepSize is rate / ‖w‖²", () => {
  expect([...effectiveStepSize(0.1, [1, 2, 0.5, 0])]).toEqual([0.1, 0.025, 0.4, Number.POSITIVE_INFINITY]);
  expect(effectiveStepSize(0.1, Float32Array.of(4))[0]).toBe(0.1 / 16);
});

describe("correctedLearningRate", () => {
  test("gives the effective step size of the reference", () => {
    const [norms, reference] = [
      [2, 1, 0.9],
      [1, 1, 1.2],
    ];
    const rates = correctedLearningRate(0.1, norms, reference);
    const wanted = effectiveStepSize(0.1, reference);
    for (let c = 0; c < 3; c++) expect(effectiveStepSize(rates[c], [norms[c]])[0]).toBeCloseTo(wanted[c], 14);
  });

  test("keeps the ratio within the limit", () => {
    const rates = correctedLearningRate(1, [100, 0.01, 1, 0, 0, 1e-200], [1, 1, 0, 1, 0, 1e200]);
    expect([...rates]).toEqual([10, 0.1, 10, 0.1, 1, 0.1]);
    expect([...correctedLearningRate(1, [2, 3, 1], [1, 1, 3], { limit: 4 })]).toEqual([4, 4, 0.25]);
    expect([...correctedLearningRate(0.5, [2, 3], [1, 1], { limit: 1 })]).toEqual([0.5, 0.5]);
  });

  test("holds a run without decay at the steps of one with it, and does not run away", () => {
    // one channel: ‖w'‖² = ‖w‖² + η² ‖∇‖², ‖∇‖ = 1 / ‖w‖; decay takes its share beforehand
    const [rate, decay] = [0.1, 0.1];
    let [with_, without] = [1, 1];
    for (let step = 0; step < 500; step++) {
      const [corrected] = correctedLearningRate(rate, [without], [with_]);
      expect(corrected).toBeLessThanOrEqual(10 * rate);
      if (without ** 2 / with_ ** 2 < 10) {
        expect(effectiveStepSize(corrected, [without])[0]).toBeCloseTo(effectiveStepSize(rate, [with_])[0], 12);
      }
      with_ = Math.sqrt((with_ * (1 - rate * decay)) ** 2 + (rate / with_) ** 2);
      without = Math.sqrt(without ** 2 + (corrected / without) ** 2);
    }
    expect(without).toBeLessThan(10);
  });
});

test("normSchedule is the norms of each epoch, interpolated, and the last ones after that", () => {
  const at = normSchedule([[1, 4], Float32Array.of(2, 4), [4, 0]]);
  expect([0, 0.25, 1, 1.5, 2, 100].map((epoch) => [...at(epoch)])).toEqual([
    [1, 4],
    [1.25, 4],
    [2, 4],
    [3, 2],
    [4, 0],
    [4, 0],
  ]);
  at(2)[0] = 9;
  expect(at(2)[0]).toBe(4);
});

describe("rescaleToNorms", () => {
  test("gives the channels these norms, and keeps their directions", () => {
    for (const axis of [0, 1, -1]) {
      const w = filters();
      const norms = Array.from({ length: w.shape.at(axis) as number }, (_, c) => c / 2);
      const scaled = rescaleToNorms(w, { norms, axis });
      expect(scaled.shape).toEqual(w.shape);
      const [before, after] = [channelNorms(w, { axis }), channelNorms(scaled, { axis })];
      norms.forEach((size, c) => {
        expect(Math.abs(after[c] - size)).toBeLessThanOrEqual(2 ** -22 * size);
      });
      w.data.forEach((value, i) => {
        const c = indexOf(w.shape, i).at(axis) as number;
        expect(scaled.data[i]).toBeCloseTo((value / before[c]) * norms[c], 5);
      });
    }
  });

  test("leaves zeros as they are, and works in place", () => {
    const w = { data: Float32Array.of(3, 4, 0, 0, 5, 12), shape: [3, 2] };
    expect(rescaleToNorms(w, { norms: [10, 7, 0], out: w })).toBe(w);
    expect([...w.data]).toEqual([6, 8, 0, 0, 0, 0]);
    const resident = tensor(Float32Array.of(3, 4), [1, 2]);
    rescaleToNorms(resident, { norms: [1], out: resident });
    expect([...resident.data]).toEqual([...Float32Array.of(0.6, 0.8)]);
    resident.dispose();
  });
});

describe("refuses", () => {
  test.each([
    [() => effectiveStepSize(-1, [1]), new RangeError('"learningRate" must be a finite number of at least 0, got -1')],
    [
      () => effectiveStepSize(any("1"), [1]),
      new TypeError('"learningRate" must be a finite number of at least 0, got "1"'),
    ],
    [() => effectiveStepSize(1, any(1)), new TypeError('"norms" must be an array of numbers, got 1')],
    [() => effectiveStepSize(1, any("11")), new TypeError('"norms" must be an array of numbers, got "11"')],
    [() => effectiveStepSize(1, [1, -1]), new RangeError('"norms[1]" must be a finite number of at least 0, got -1')],
    [
      () => effectiveStepSize(1, new Array(1)),
      new TypeError('"norms[0]" must be a finite number of at least 0, got undefined'),
    ],
    [() => correctedLearningRate(1, [1], [1, 2]), new RangeError('"reference" must have 1 elements, got 2')],
    [
      () => correctedLearningRate(1, [1], [Number.NaN]),
      new RangeError('"reference[0]" must be a finite number of at least 0, got NaN'),
    ],
    [
      () => correctedLearningRate(1, [1], [1], { limit: 0.5 }),
      new RangeError('"limit" must be a finite number of at least 1, got 0.5'),
    ],
    [
      () => correctedLearningRate(1, [1], [1], any({ most: 1 })),
      new TypeError('unknown option "most", known are limit'),
    ],
    [() => normSchedule([]), new RangeError('"recorded" must be of at least one epoch, got []')],
    [() => normSchedule(any(1)), new TypeError('"recorded" must be an array of norms for each epoch, got 1')],
    [() => normSchedule([[1], [1, 2]]), new RangeError('"recorded[1]" must have 1 elements, got 2')],
    [() => normSchedule([[1]])(-1), new RangeError('"epoch" must be a finite number of at least 0, got -1')],
    [() => rescaleToNorms(filters(), any(undefined)), new TypeError('"options" must be an object, got undefined')],
    [() => rescaleToNorms(filters(), { norms: [1] }), new RangeError('"norms" must have 5 elements, got 1')],
    [
      () => rescaleToNorms(filters(), { norms: [1], axis: 5 }),
      new RangeError('"axis" must be an integer in [-3, 2], got 5'),
    ],
  ])("case %#", (call, error) => {
    refuses(call, error);
  });
});
