/** Emulated gradients of whole tensors against the oracle, to the bit. */
import { describe, expect, test } from "vitest";
import {
  batchNorm,
  batchNormBackward,
  format,
  layerNormBackward,
  statistics,
  type Tensor,
  tensor,
} from "../../src/index.js";
import * as oracle from "../oracle/emulated.js";
import { type EmulatedRule, emulatedGradient, emulatedSum } from "../oracle/emulated-gradients.js";
import { layerGradient, ruleOf } from "../oracle/gradients.js";
import { sizeOf } from "../oracle/walk.js";
import { type Plain, STORAGES } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { expectBits, numbers } from "../support/compare.js";
import { KINDS, stored, values } from "../support/data.js";
import {
  type ArithmeticPair,
  arithmetic,
  arithmetics,
  CUSTOM,
  FLOAT16,
  FORMATS,
  MORE_FORMATS,
} from "../support/formats.js";
import { GRADIENT_LAYERS, type GradientLayer, type GradientResult } from "../support/gradient-layers.js";
import { gaussian } from "../support/random.js";

/** Kinds of norms for n elements. Powers to p - 1 that are ties are decided exactly, for p of few bits. */
const normsFor = (n: number): oracle.Norm[] =>
  normsOf(n).filter((norm) => !oracle.isPower(norm) || Number.isInteger(2 * oracle.powerOf(norm)));

/** dx, dweight and dbias of a layer. */
function expectedOf(
  layer: GradientLayer,
  shape: readonly number[],
  rule: EmulatedRule,
  x: Float32Array,
  dy: Float32Array,
  weight?: Float32Array,
): Record<"dx" | "dweight" | "dbias", number[]> {
  const { groups, weights, weightOf } = layer.layout(shape);
  const pair = rule.arithmetic;
  const dx: number[] = new Array(x.length).fill(0);
  const terms: number[] = new Array(x.length).fill(0);
  const upstream = oracle.inputs(pair, dy);
  for (const { elements } of groups) {
    const group = emulatedGradient(
      rule,
      oracle.inputs(
        pair,
        elements.map((position) => x[position]),
      ),
      elements.map((position) => upstream[position]),
      weight && ((i) => weight[weightOf(elements[i])]),
    );
    elements.forEach((position, i) => {
      dx[position] = group.dx[i];
      terms[position] = group.terms[i];
    });
  }
  const lists = Array.from({ length: weights }, () => [[] as number[], [] as number[]]);
  terms.forEach((term, position) => {
    lists[weightOf(position)][0].push(term);
    lists[weightOf(position)][1].push(upstream[position]);
  });
  const [dweight, dbias] = [0, 1].map((which) => lists.map((list) => emulatedSum(pair, list[which])));
  return { dx, dweight, dbias };
}

function expectSame(result: GradientResult, expected: ReturnType<typeof expectedOf>, what: string): void {
  for (const name of ["dx", "dweight", "dbias"] as const) expectBits(result[name], expected[name], `${name}, ${what}`);
}

interface Case {
  readonly norm: EmulatedRule["norm"];
  readonly turn: number;
}

function check(layer: GradientLayer, pair: ArithmeticPair, shape: readonly number[], { norm, turn }: Case): void {
  const size = sizeOf(shape);
  const kind = KINDS[turn % KINDS.length];
  const storage = STORAGES[turn % 2];
  const { x, read } = stored(values(kind, pair.oracle.compute, size, size), shape, storage);
  const other = KINDS[(turn >> 1) % 2 ? turn % KINDS.length : 0];
  const upstream = stored(values(other, pair.oracle.compute, size, size + 1), shape, STORAGES[(turn >> 1) % 2]);
  const weight = turn % 3 ? gaussian(layer.layout(shape).weights, 5, 1, 0.5) : undefined;
  const eps = [1e-5, 0, 1e-3][size % 3];
  const dtype = turn % 5 ? undefined : STORAGES[1 - STORAGES.indexOf(storage)];
  const options = { norm, eps, weight, dtype, arithmetic: pair.asked };
  const rule = { norm, arithmetic: pair.oracle, eps, centred: layer.centred };
  const expected = expectedOf(layer, shape, rule, read, upstream.read, weight);
  const what = `${layer.name}, ${show(norm)}, ${kind} ${storage} [${shape}], case ${turn}; ${pair.label}`;
  expectSame(layer.call(upstream.x, x, options), expected, what);
  if (turn % 4) return;
  const held = [tensor(upstream.x.data, shape), tensor(x.data, shape)];
  const resident = layer.call(held[0], held[1], options);
  expectSame(resident, expected, `tensors, ${what}`);
  for (const one of [...held, resident.dx, resident.dweight, resident.dbias]) (one as Tensor).dispose();
}

describe.each(GRADIENT_LAYERS)("$name", (layer) => {
  test.each([...FORMATS, ...MORE_FORMATS])("$label", (compute) => {
    const pairs = arithmetics(compute);
    const often = compute === FLOAT16;
    for (const [i, shape] of layer.shapes.entries()) {
      const n = layer.layout(shape).groups[0].elements.length;
      const all = [...normsFor(n), ...(layer.centred ? (["none"] as const) : [])];
      for (const [j, pair] of pairs.entries()) {
        const turn = i + j + compute.label.length;
        if (sizeOf(shape) > 300 && turn % (often ? 6 : 18)) continue;
        if (!often && turn % 4) continue;
        for (const [k, norm] of all.entries()) {
          if ((turn + k) % (sizeOf(shape) > 300 ? 14 : often ? 6 : 11) === 0)
            check(layer, pair, shape, { norm, turn: turn + k });
        }
      }
    }
  });
});

test("rows around the lengths of tiles and lanes", () => {
  for (const n of [1, 2, 3, 4, 5, 31, 32, 33, 127, 128, 129, 4095, 4096, 4097]) {
    for (const [i, pair] of [...arithmetics(FLOAT16), ...arithmetics(CUSTOM)].entries()) {
      if (n > 200 && i % 5) continue;
      for (const [j, norm] of normsFor(n).entries()) {
        if ((i + j + n) % (n > 200 ? 12 : 9)) continue;
        check(GRADIENT_LAYERS[0], pair, [1, 2, n], { norm, turn: i + j + n });
        if (n < 200) check(GRADIENT_LAYERS[1], pair, [n, 3], { norm, turn: i + j + n });
      }
    }
  }
});

test("saved statistics", () => {
  const shape = [3, 4, 11];
  for (const pair of [...arithmetics(FLOAT16), ...arithmetics(CUSTOM)]) {
    for (const [i, norm] of normsFor(33).entries()) {
      const { x, read } = stored(values("plain", pair.oracle.compute, 132, i), shape, STORAGES[i % 2]);
      const dy: Plain = { data: gaussian(132, i + 1), shape };
      const { mean, deviation } = statistics(x, { norm, axes: [0, 2], arithmetic: pair.asked });
      const options = { norm, mean, deviation, eps: 1e-3, arithmetic: pair.asked };
      const layer = GRADIENT_LAYERS[0];
      const expected = [0, 1, 2, 3].map((channel) => {
        const saved = { mean: mean.data[channel], deviation: deviation.data[channel] };
        const rule = { norm, arithmetic: pair.oracle, eps: 1e-3, centred: true, saved };
        return expectedOf(layer, shape, rule, read, dy.data as Float32Array);
      });
      const channelOf = (position: number) => Math.floor(position / 11) % 4;
      const result = layer.call(dy, x, options);
      const what = `${show(norm)}; ${pair.label}`;
      expectBits(
        result.dx,
        Array.from(read, (_, position) => expected[channelOf(position)].dx[position]),
        what,
      );
      expectBits(
        result.dweight,
        expected.map(({ dweight }, channel) => dweight[channel]),
        what,
      );
    }
  }
});

test("p = 1 is L1, also where an output is infinite", () => {
  const shape = [1, 80];
  // 15.9375 is the largest number; y is about -32 at the one element, 0.4 at the others
  const narrow = format({ precision: 8, emin: -14, emax: 3 });
  const x = { data: Float32Array.from({ length: 80 }, (_, i) => (i === 3 ? -4 : 0)), shape };
  const dy = { data: x.data.map((value, i) => value / 16 + (i % 7) / 64), shape };
  for (const accumulate of [narrow, "float32"] as const) {
    const options = { arithmetic: { compute: narrow, accumulate }, eps: 0 };
    const found = layerNormBackward(dy, x, { ...options, norm: { lp: 1 } });
    expect(found.dx.data[3]).toBe(Infinity);
    expect(found).toEqual(layerNormBackward(dy, x, { ...options, norm: "l1" }));
  }
});

test("with enough digits, emulated gradients are the native ones", () => {
  const shape = [5, 3, 13];
  const places = GRADIENT_LAYERS[0].layout(shape);
  const [x, dy, weight] = [gaussian(195, 1, 2), gaussian(195, 2), gaussian(3, 3, 1, 0.2)];
  for (const norm of [...normsOf(65), "none"] as const) {
    const options = { norm, weight, arithmetic: "float32" } as const;
    const result = batchNormBackward({ data: dy, shape }, { data: x, shape }, options);
    const expected = layerGradient(places, (n) => ruleOf(norm, n, 1e-5), x, dy, weight);
    for (const name of ["dx", "dweight", "dbias"] as const) {
      const found = numbers(result[name]);
      for (let i = 0; i < found.length; i++) {
        expect(Math.abs(found[i] - expected[name][i]), show(norm)).toBeLessThan(1e-5 * expected.sizes[name][i] + 1e-7);
      }
    }
  }
});

test("what the paper is about: large activations, where L2 loses its gradient and L1 and top-k keep it", () => {
  const shape = [16, 4, 16];
  const [x, dy] = [gaussian(1024, 1, 0, 300), gaussian(1024, 2)];
  const places = GRADIENT_LAYERS[0].layout(shape);
  const pair = arithmetic(FLOAT16);
  for (const norm of ["l2", "l1", "linf", { topk: 10 }] as const) {
    const options = { norm, eps: 0, arithmetic: pair.asked };
    const y = numbers(batchNorm({ data: x, shape }, options));
    const { dx } = batchNormBackward({ data: dy, shape }, { data: x, shape }, options);
    const exact = layerGradient(places, (n) => ruleOf(norm, n, 0), x, dy);
    const error = numbers(dx).reduce((most, value, i) => Math.max(most, Math.abs(value - exact.dx[i])), 0);
    const largest = exact.dx.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (norm === "l2") {
      expect(y.every((value) => value === 0)).toBe(true);
      expect(numbers(dx).every((value) => value === 0)).toBe(true);
    } else {
      expect(error / largest, show(norm)).toBeLessThan(0.01);
    }
  }
});
