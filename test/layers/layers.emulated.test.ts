/** Emulated normalizations of whole tensors, weights and biases included, against the oracle, to the bit. */

import { describe, test } from "vitest";
import { batchNorm, statistics } from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import * as oracle from "../oracle/emulated.js";
import { roundTo } from "../oracle/formats.js";
import { groupsOf, indexOf } from "../oracle/walk.js";
import { both, type Plain, STORAGES } from "../support/call.js";
import { normsOf, show } from "../support/cases.js";
import { expectBits, numbers } from "../support/compare.js";
import { KINDS, stored, values } from "../support/data.js";
import { checkLayer } from "../support/emulated-layers.js";
import { arithmetics, CUSTOM, FLOAT16, FORMATS, MORE_FORMATS } from "../support/formats.js";
import { batch, channelsLast, inGroups, instance, type Layer, layer } from "../support/normalizations.js";
import { gaussian } from "../support/random.js";

const CASES: readonly { layer: Layer; shapes: readonly (readonly number[])[] }[] = [
  {
    layer: batch,
    shapes: [
      [4, 3, 3, 5],
      [2, 5, 8, 8],
      [33, 2],
      [5, 35],
      [2, 1, 4097],
      [130, 3, 1, 3],
      [1, 4, 36],
    ],
  },
  {
    layer: channelsLast,
    shapes: [
      [4, 3, 5, 3],
      [2, 4, 4, 33],
      [129, 8],
      [1030, 2],
      [3, 2, 100],
    ],
  },
  {
    layer: instance,
    shapes: [
      [3, 4, 3, 5],
      [2, 3, 129],
      [2, 2, 32, 32],
      [40, 2, 7],
    ],
  },
  {
    layer: inGroups(2),
    shapes: [
      [3, 4, 3, 5],
      [2, 6, 43],
      [2, 2, 16, 16],
      [33, 4, 2],
    ],
  },
  {
    layer: inGroups(3),
    shapes: [
      [2, 6, 5],
      [2, 3, 4, 4],
      [1, 9, 130],
    ],
  },
  {
    layer: layer(1, true),
    shapes: [
      [5, 33],
      [3, 257],
      [2, 4100],
      [36, 8],
      [2, 3, 64],
    ],
  },
  {
    layer: layer(2, true),
    shapes: [
      [4, 3, 11],
      [2, 2, 5, 13],
      [2, 65, 64],
    ],
  },
  {
    layer: layer(1, false),
    shapes: [
      [5, 33],
      [3, 257],
      [2, 4100],
      [36, 8],
    ],
  },
  {
    layer: layer(3, false),
    shapes: [
      [3, 4, 3, 5],
      [1, 2, 2, 2, 7],
    ],
  },
];

describe.each(CASES)("$layer.name", ({ layer, shapes }) => {
  describe.each([...FORMATS, ...MORE_FORMATS])("$label", (compute) => {
    test.each(arithmetics(compute))("$label", (pair) => {
      const turn = pair.label.length;
      for (const [i, shape] of shapes.entries()) {
        const n = layer.groups(shape)[0].elements.length;
        const all = normsOf(n);
        const norms = compute === FLOAT16 ? all.filter((_, j) => (i + j) % 2 === 0) : [all[(i + turn) % all.length]];
        for (const [j, norm] of norms.entries()) {
          const kind = KINDS[(i + j + turn) % KINDS.length];
          checkLayer(layer, pair, {
            shape,
            kind,
            storage: STORAGES[(i + j) % 2],
            norm,
            weighted: (i + 2 * j + turn) % 4,
          });
        }
      }
    });
  });
});

describe("inference with given statistics", () => {
  const shape = [3, 4, 5];
  test.each([...arithmetics(FLOAT16), ...arithmetics(CUSTOM)])("$label", (pair) => {
    for (const [i, norm] of normsOf(15).entries()) {
      const { x, read } = stored(values("plain", pair.oracle.compute, 60, i), shape, STORAGES[i % 2]);
      const mean = gaussian(4, 7);
      const deviation = gaussian(4, 8, 2, 0.25);
      const weight = gaussian(4, 9);
      const options = { norm, mean, deviation, weight, eps: 1e-3, arithmetic: pair.asked };
      const recipe = { norm, arithmetic: pair.oracle };
      const expected = (channelOf: (position: number) => number) =>
        Float64Array.from(read, (value, position) => {
          const channel = channelOf(position);
          const middle = roundTo(pair.oracle.compute, mean[channel]);
          const d = oracle.centred(pair.oracle, oracle.inputs(pair.oracle, [value]), middle);
          const scale = oracle.scaleFromDeviation(recipe, deviation[channel], 1e-3);
          return oracle.apply(pair.oracle, d, scale, () => weight[channel])[0];
        });
      expectBits(
        both(x, (t) => batchNorm(t, options)),
        expected((position) => indexOf(shape, position)[1]),
        `${show(norm)}; ${pair.label}`,
      );
      const moved: Plain = { data: x.data.slice(), shape: [3, 5, 4] };
      const last = (t: TensorLike) => batchNorm(t, { ...options, axis: 2 });
      const transposed = expected((position) => position % 4);
      expectBits(both(moved, last), transposed, `channels last, ${show(norm)}; ${pair.label}`);
    }
  });
});

test("statistics have what the normalization used", () => {
  // Applying them again gives the normalization itself, for every norm whose eps stands beside the deviation.
  const x: Plain = { data: gaussian(4 * 6 * 9, 31), shape: [4, 6, 9] };
  for (const pair of arithmetics(FLOAT16)) {
    for (const norm of ["l1", "linf", "range", { topk: 10 }] as const) {
      const options = { norm, arithmetic: pair.asked };
      const { mean, deviation } = statistics(x, { ...options, axes: [0, 2] });
      const again = batchNorm(x, { ...options, mean, deviation });
      expectBits(
        both(x, (t) => batchNorm(t, options)),
        numbers(again),
        `${show(norm)}; ${pair.label}`,
      );
    }
  }
});

test("only the mean is subtracted", () => {
  const shape = [3, 5, 7];
  for (const pair of arithmetics(FLOAT16)) {
    const { x, read } = stored(values("plain", pair.oracle.compute, 105, 3), shape, "float32");
    const bias = gaussian(5, 4);
    const expected = new Float64Array(105);
    for (const { elements, kept } of groupsOf(shape, [0, 2])) {
      const group = oracle.inputs(
        pair.oracle,
        elements.map((position) => read[position]),
      );
      const d = oracle.centred(pair.oracle, group, oracle.mean(pair.oracle, group));
      const outputs = oracle.apply(pair.oracle, d, 1, undefined, () => bias[kept[0]]);
      elements.forEach((position, i) => {
        expected[position] = outputs[i];
      });
    }
    expectBits(
      both(x, (t) => batchNorm(t, { norm: "none", bias, arithmetic: pair.asked })),
      expected,
      pair.label,
    );
  }
});
