/** Gradients against the oracle, in units at the sum of the magnitudes of what each is made of. */

import {
  batchNormBackward,
  boundedWeightNormBackward,
  groupNormBackward,
  instanceNormBackward,
  layerNormBackward,
  rmsNormBackward,
  weightNormBackward,
} from "../../src/index.js";
import { compensatedSum } from "../oracle/compensated.js";
import { centre, groupGradient, layerGradient, type Rule, ruleOf, scaleOf } from "../oracle/gradients.js";
import { indexOf } from "../oracle/walk.js";
import { fits, show } from "../support/cases.js";
import { gaussian } from "../support/random.js";
import { any } from "../support/refuses.js";
import { isDoubtful } from "../support/slopes.js";
import { EPS, filled, LAYERS, LEAST } from "./layers.js";
import { type Measured, NORMS, SHORT } from "./measured.js";

const BACKWARD = {
  batchNorm: batchNormBackward,
  instanceNorm: instanceNormBackward,
  groupNorm: groupNormBackward,
  layerNorm: layerNormBackward,
  rmsNorm: rmsNormBackward,
};

const layers: Measured[] = LAYERS.flatMap((layer) =>
  NORMS.map(
    (kind): Measured => ({
      name: `${layer.name}Backward ${show(kind)}`,
      lengths: SHORT,
      compare: (data, seed) => {
        const shape = layer.shape(data.length);
        const x = filled(data, shape);
        if (!fits(kind, data.length)) return [];
        const dy = gaussian(x.length, seed + 1);
        const weight = gaussian(layer.weights(shape), seed + 2, 1, 0.5);
        const groups = layer.groups(shape);
        const ruleFor = (n: number) => ruleOf(kind, n, EPS, layer.centred);
        for (const { elements } of groups) {
          const group = elements.map((position) => x[position]);
          if (isDoubtful(kind, group, centre(ruleFor(group.length), group))) return [];
        }
        const weightOf = (position: number) => layer.weightOf(shape, indexOf(shape, position));
        const wanted = layerGradient({ groups, weightOf, weights: weight.length }, ruleFor, x, dy, weight);
        const options = { ...layer.options, norm: kind, weight, eps: EPS };
        const found = any(BACKWARD[layer.name])({ data: dy, shape }, { data: x, shape }, options);
        // y has no more digits than the distance that it comes from
        const least = new Float64Array(weight.length);
        for (const { elements } of groups) {
          const group = elements.map((position) => x[position]);
          const rule = ruleFor(group.length);
          const unit = LEAST / scaleOf(rule, centre(rule, group));
          for (const position of elements) least[weightOf(position)] += unit * Math.abs(dy[position]);
        }
        const sizes = { ...wanted.sizes, dweight: wanted.sizes.dweight.map((size, i) => size + least[i]) };
        return (["dx", "dweight", "dbias"] as const).map((name) => ({
          found: found[name].data,
          exact: wanted[name],
          sizes: sizes[name],
        }));
      },
    }),
  ),
);

const weights: Measured[] = NORMS.flatMap((kind): Measured[] =>
  (["weightNormBackward", "boundedWeightNormBackward"] as const).map((name) => ({
    name: `${name} ${show(kind)}`,
    lengths: SHORT,
    compare: (x, seed) => {
      const rule: Rule = { norm: kind, constant: 1, eps: 0, centred: false, total: true };
      const values = Array.from(x);
      if (!fits(kind, x.length) || scaleOf(rule, values) === 0 || isDoubtful(kind, values, values)) return [];
      const dw = gaussian(x.length, seed + 1);
      const shape = [1, x.length];
      const gain = 1.75;
      const above = Array.from(dw, (value) => value * gain);
      const { dx, size, y } = groupGradient(rule, values, above);
      const held = [
        { data: dw, shape },
        { data: x, shape },
      ] as const;
      if (name === "boundedWeightNormBackward") {
        const { dv } = boundedWeightNormBackward(...held, { norm: kind, rho: gain });
        return [{ found: dv.data, exact: dx, sizes: size }];
      }
      const { dv, dg } = weightNormBackward(...held, { norm: kind, g: Float32Array.of(gain) });
      const terms = y.map((value, i) => value * dw[i]);
      return [
        { found: dv.data, exact: dx, sizes: size },
        { found: dg.data, exact: [compensatedSum(terms)], sizes: [compensatedSum(terms.map(Math.abs))] },
      ];
    },
  })),
);

export const GRADIENTS = [...layers, ...weights];
