/** Random calls of gradients: emulated to the bit, native within 2^-21 of what they are made of. */

import fc from "fast-check";
import { expect } from "vitest";
import * as halfnorm from "../../src/index.js";
import { compensatedSum } from "../oracle/compensated.js";
import * as oracle from "../oracle/emulated.js";
import { type EmulatedRule, emulatedGradient, emulatedSum } from "../oracle/emulated-gradients.js";
import { groupGradient, ruleOf } from "../oracle/gradients.js";
import { groupsOf, sizeOf } from "../oracle/walk.js";
import { normsOf, show } from "../support/cases.js";
import { expectBits } from "../support/compare.js";
import { weightsOf } from "../support/layer-groups.js";
import { normal } from "../support/random.js";
import { any } from "../support/refuses.js";
import { isDoubtful } from "../support/slopes.js";
import { FORMS } from "./forms.js";
import { bitsOf, epsOf, forms, inputs, isHalf, outOf, plainArithmetics, results, select, valuesOf } from "./inputs.js";
import { LAYERS, type Layer } from "./layers.js";
import { allFinite, expectWithin, inRange, statistics } from "./native.js";
import { fuzz } from "./runs.js";

const BACKWARD = {
  layerNorm: halfnorm.layerNormBackward,
  rmsNorm: halfnorm.rmsNormBackward,
  batchNorm: halfnorm.batchNormBackward,
  instanceNorm: halfnorm.instanceNormBackward,
  groupNorm: halfnorm.groupNormBackward,
  weightNorm: halfnorm.weightNormBackward,
  boundedWeightNorm: halfnorm.boundedWeightNormBackward,
} as const;

/** Of which the oracle can compare powers of p - 1 exactly. */
const POWERS = [1, 1.5, 3];

fuzz(
  "gradients",
  60,
  fc.record({
    ...inputs,
    name: fc.constantFrom(...(Object.keys(BACKWARD) as (keyof typeof BACKWARD)[])),
    axis: fc.nat(7),
    pair: fc.option(plainArithmetics, { nil: undefined }),
    upstream: fc.record({ kind: inputs.kind, form: forms, half: fc.boolean() }),
    weighted: fc.boolean(),
    eps: fc.constantFrom(undefined, 1e-8, 1e-3, 1),
    outs: fc.record({
      dx: fc.option(forms, { nil: undefined, freq: 1 }),
      dweight: fc.option(forms, { nil: undefined, freq: 1 }),
    }),
  }),
  ({ shape, name, seed, pair, dtype, which, upstream, ...drawn }) => {
    const layer: Layer = LAYERS[name];
    const axis = drawn.axis % shape.length;
    const plan = layer.plan(shape, axis, which);
    if (!plan) return;
    const groups = groupsOf(plan.split, plan.reduced);
    const size = sizeOf(shape);
    if (!size) return;
    const norms = normsOf(groups[0].elements.length, POWERS);
    const norm = norms[which % norms.length];
    const vector = layer.vector !== undefined;
    const bits = bitsOf(drawn.kind, seed, size, drawn.half);
    const above = bitsOf(upstream.kind, seed + 1, size, upstream.half);
    const [x, dy] = [valuesOf(bits), valuesOf(above)];
    const weightOf = weightsOf(plan.split, plan.weighted);
    const parameters = sizeOf(plan.weighted.map((i) => plan.split[i]));
    const weight = drawn.weighted || vector ? Float32Array.from({ length: parameters }, normal(seed + 10)) : undefined;
    const held = FORMS[drawn.form](bits, shape);
    const heldDy = FORMS[upstream.form](above, shape);
    const half = isHalf(dtype, drawn.half);
    const names = vector ? (["dv", "dg"] as const) : (["dx", "dweight"] as const);
    const weightShape = name === "layerNorm" || name === "rmsNorm" ? shape.slice(axis) : [parameters];
    const outs = {
      [names[0]]: outOf(drawn.outs.dx, size, shape, half),
      [names[1]]: outOf(drawn.outs.dweight, parameters, weightShape, false),
    };
    const out = Object.fromEntries(Object.entries(outs).flatMap(([key, to]) => (to ? [[key, to.x]] : [])));
    const eps = vector ? 0 : drawn.eps;
    const options = {
      ...plan.options,
      norm,
      axis,
      ...(dtype && { dtype }),
      ...(pair && { arithmetic: pair.asked }),
      ...(weight && { [vector ? "g" : "weight"]: weight }),
      ...(!vector && eps !== undefined && { eps }),
    };
    const label = `${name} of [${shape}], ${drawn.kind}, dy ${upstream.kind}, ${JSON.stringify({ ...options, norm: show(norm) })}`;
    try {
      const shapes = { [names[0]]: shape, [names[1]]: weightShape };
      const found = results(
        [held, heldDy],
        () => any(BACKWARD[name])(heldDy.x, held.x, { ...options, ...(Object.keys(out).length && { out }) }),
        Object.fromEntries(Object.entries(outs).map(([key, to]) => [key, to && { held: to, shape: shapes[key] }])),
      );
      const [dx, dweight] = names.map((key) => found[key]);
      expect(dx.shape).toEqual(shape);
      expect(dweight.shape).toEqual(weightShape);
      const terms = Array.from({ length: parameters }, () => [] as [number, number, number][]);
      /** Weights with an element that is not judged. */
      const leftOut = new Set<number>();
      for (const { elements } of groups) {
        const group = elements.map((position) => x[position]);
        const groupDy = elements.map((position) => dy[position]);
        const w = weight && ((i: number) => weight[weightOf(elements[i])]);
        const forget = () => {
          for (const position of elements) leftOut.add(weightOf(position));
        };
        if (pair) {
          const rule: EmulatedRule = {
            norm,
            arithmetic: pair.oracle,
            eps: eps ?? epsOf(pair, norm, group.length),
            centred: layer.centred,
            total: vector,
          };
          const [read, upper] = [group, groupDy].map((list) => oracle.inputs(pair.oracle, list));
          const { dx: wanted, terms: products } = emulatedGradient(rule, read, upper, w);
          expectBits(select(dx.raw, elements), wanted, label);
          for (const [i, position] of elements.entries()) terms[weightOf(position)].push([position, products[i], 0]);
          continue;
        }
        if (!allFinite(group) || !allFinite(groupDy)) {
          forget();
          continue;
        }
        const own = statistics(norm, group, layer.centred, eps ?? 1e-5, vector);
        const rule = {
          ...ruleOf(norm, group.length, eps ?? 1e-5, layer.centred),
          ...(vector && { total: true, constant: 1 }),
        };
        // what the formula squares in float64 may not be much, nor may the mean hide the distances
        const far = Math.abs(own.mean) > 1e4 * own.scale;
        const tame = own.scale > 1e-12 && own.scale < 1e12 && !far && !isDoubtful(norm, group, own.d);
        const g = groupDy.map((value, i) => value * (w?.(i) ?? 1));
        const exact = tame ? groupGradient(rule, group, g) : undefined;
        if (!exact || !allFinite(exact.size) || exact.size.some((value) => value && !inRange(value))) {
          forget();
          continue;
        }
        const offset = 1 + Math.abs(own.mean) / own.scale;
        elements.forEach((position, i) => {
          expectWithin(
            dx.data[position],
            exact.dx[i],
            exact.size[i] * offset * 2 ** -20 + 1e-40,
            half,
            `${label}[${position}]`,
          );
          const term = groupDy[i] * exact.y[i];
          terms[weightOf(position)].push([position, term, Math.abs(groupDy[i]) * (Math.abs(exact.y[i]) + offset)]);
        });
      }
      // with the length of g for ρ, dg is that of weight norm without its part along g: test/training/weight-gradients.test.ts
      if (name === "boundedWeightNorm") return;
      terms.forEach((parts, c) => {
        if (leftOut.has(c)) return;
        const sorted = parts.sort((a, b) => a[0] - b[0]);
        const values = sorted.map(([, value]) => value);
        if (pair) {
          expectBits(select(dweight.raw, [c]), [emulatedSum(pair.oracle, values)], `${names[1]}, ${label}`);
          if (vector) return;
          const upper = oracle.inputs(
            pair.oracle,
            sorted.map(([position]) => dy[position]),
          );
          expectBits(select(found.dbias.raw, [c]), [emulatedSum(pair.oracle, upper)], `dbias, ${label}`);
          return;
        }
        const most = compensatedSum(sorted.map(([, , magnitude]) => magnitude));
        expectWithin(dweight.data[c], compensatedSum(values), most * 2 ** -20 + 1e-40, false, `${names[1]}, ${label}`);
        if (vector) return;
        const upper = sorted.map(([position]) => dy[position]);
        expectWithin(
          found.dbias.data[c],
          compensatedSum(upper),
          compensatedSum(upper.map(Math.abs)) * 2 ** -20 + 1e-40,
          false,
          `dbias, ${label}`,
        );
      });
    } finally {
      for (const each of [held, heldDy, ...Object.values(outs)]) each?.dispose();
    }
  },
);
