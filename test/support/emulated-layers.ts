/** Emulated layers beside the oracle: whether the two agree to the bit. */

import * as oracle from "../oracle/emulated.js";
import { indexOf, sizeOf } from "../oracle/walk.js";
import { both, STORAGES, type Storage } from "./call.js";
import { show } from "./cases.js";
import { expectBits } from "./compare.js";
import { type Kind, stored, values } from "./data.js";
import type { ArithmeticPair } from "./formats.js";
import type { Layer } from "./normalizations.js";
import { gaussian } from "./random.js";

export interface Case {
  readonly shape: readonly number[];
  readonly kind: Kind;
  readonly storage: Storage;
  readonly norm: oracle.Norm;
  readonly weighted: number;
  /** What is changed in the data. */
  readonly change?: (data: Float32Array) => void;
}

export function checkLayer(
  layer: Layer,
  pair: ArithmeticPair,
  { shape, kind, storage, norm, weighted, change }: Case,
): void {
  const size = sizeOf(shape);
  const data = values(kind, pair.oracle.compute, size, size);
  change?.(data);
  const { x, read } = stored(data, shape, storage);
  const n = layer.weights(shape);
  const weight = weighted & 1 ? gaussian(n, 5, 1, 0.5) : undefined;
  const bias = weighted & 2 ? gaussian(n, 6) : undefined;
  const eps = [1e-5, 0, 1e-3][size % 3];
  // The result in the other storage now and then.
  const dtype = size % 2 ? undefined : STORAGES[1 - STORAGES.indexOf(storage)];
  const y = both(x, (t) => layer.call(t, { norm, eps, weight, bias, dtype, arithmetic: pair.asked }));
  const expected = new Float64Array(size);
  const recipe = { norm, arithmetic: pair.oracle };
  for (const { elements } of layer.groups(shape)) {
    const group = oracle.inputs(
      pair.oracle,
      elements.map((position) => read[position]),
    );
    const mean = layer.centred ? oracle.mean(pair.oracle, group) : undefined;
    const d = mean === undefined ? group : oracle.centred(pair.oracle, group, mean);
    const at = (i: number) => layer.weightOf(shape, indexOf(shape, elements[i]));
    const outputs = oracle.output(
      pair.oracle,
      group,
      mean,
      oracle.scale(recipe, d, eps),
      weight && ((i) => weight[at(i)]),
      bias && ((i) => bias[at(i)]),
    );
    elements.forEach((position, i) => {
      expected[position] = outputs[i];
    });
  }
  const what = `${layer.name}, ${show(norm)}, ${kind} ${storage} ${JSON.stringify(shape)}, eps ${eps}, weights ${weighted}`;
  expectBits(y, expected, `${what}; ${pair.label}`);
}
