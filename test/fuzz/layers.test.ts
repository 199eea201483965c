/** Random calls of layers, reductions and conversions, on data in every form: emulated to the bit, native within its bounds. */

import fc from "fast-check";
import { expect } from "vitest";
import * as halfnorm from "../../src/index.js";
import { compensatedSum } from "../oracle/compensated.js";
import { RECTIFIED } from "../oracle/constants.js";
import * as oracle from "../oracle/emulated.js";
import { FLOAT16, roundTo } from "../oracle/formats.js";
import { axesBut, groupsOf, reducedShape, sizeOf } from "../oracle/walk.js";
import { show } from "../support/cases.js";
import { expectBits } from "../support/compare.js";
import { type ArithmeticPair, FORMATS } from "../support/formats.js";
import { weightsOf } from "../support/layer-groups.js";
import { normal } from "../support/random.js";
import { any } from "../support/refuses.js";
import { FORMS, type Held } from "./forms.js";
import {
  arithmetics,
  bitsOf,
  epsOf,
  forms,
  inputs,
  isHalf,
  normOf,
  outOf,
  ownFormats,
  result,
  results,
  select,
  valuesOf,
} from "./inputs.js";
import { LAYERS, type Layer, type LayerName } from "./layers.js";
import { allFinite, expectWithin, inRange, statistics } from "./native.js";
import { fuzz } from "./runs.js";

const FORWARD: Record<LayerName, unknown> = {
  layerNorm: halfnorm.layerNorm,
  rmsNorm: halfnorm.rmsNorm,
  batchNorm: halfnorm.batchNorm,
  instanceNorm: halfnorm.instanceNorm,
  groupNorm: halfnorm.groupNorm,
  weightNorm: halfnorm.weightNorm,
  boundedWeightNorm: halfnorm.boundedWeightNorm,
  lpNormalize: halfnorm.lpNormalize,
};

/** Runs what needs tensors, and disposes of them. */
function withHeld(held: (Held | undefined)[], run: () => void): void {
  try {
    run();
  } finally {
    for (const each of held) each?.dispose();
  }
}

function emulatedGroup(
  layer: Layer,
  norm: oracle.Norm,
  pair: ArithmeticPair,
  group: readonly number[],
  eps: number | undefined,
  weight?: (i: number) => number,
  bias?: (i: number) => number,
): number[] {
  const recipe = { norm, arithmetic: pair.oracle };
  const x = oracle.inputs(pair.oracle, group);
  if (layer.vector)
    return layer.vector === "gains" ? oracle.gained(recipe, x, weight?.(0) ?? 1) : oracle.divided(recipe, x);
  const mean = layer.centred ? oracle.mean(pair.oracle, x) : undefined;
  const d = mean === undefined ? x : oracle.centred(pair.oracle, x, mean);
  return oracle.output(pair.oracle, x, mean, oracle.scale(recipe, d, eps ?? epsOf(pair, norm, x.length)), weight, bias);
}

fuzz(
  "calls of layers",
  80,
  fc.record({
    ...inputs,
    name: fc.constantFrom(...(Object.keys(LAYERS) as LayerName[])),
    axis: fc.nat(7),
    negative: fc.boolean(),
    pair: fc.option(arithmetics, { nil: undefined }),
    weighted: fc.nat(3),
    weightForm: forms,
    eps: fc.constantFrom(undefined, 0, 1e-8, 1e-3, 1),
    out: fc.option(forms, { nil: undefined, freq: 1 }),
  }),
  ({ shape, name, seed, pair, negative, dtype, which, ...drawn }) => {
    const rank = shape.length;
    const layer: Layer = LAYERS[name];
    const axis = drawn.axis % rank;
    const plan = layer.plan(shape, axis, which);
    if (!plan) return;
    const groups = groupsOf(plan.split, plan.reduced);
    const norm = normOf(which, groups[0]?.elements.length ?? 0);
    const bits = bitsOf(drawn.kind, seed, sizeOf(shape), drawn.half);
    const x = valuesOf(bits);
    const weightOf = weightsOf(plan.split, plan.weighted);
    const parameters = sizeOf(plan.weighted.map((i) => plan.split[i]));
    const parameter = (use: boolean, number: number) =>
      use && plan.weighted.length ? Float32Array.from({ length: parameters }, normal(seed + number)) : undefined;
    const weight = parameter(drawn.weighted % 2 === 1 || layer.vector === "gains", 10);
    const bias = parameter(drawn.weighted > 1 && !layer.vector, 20);
    const held = FORMS[drawn.form](bits, shape);
    const heldWeight = weight && FORMS[drawn.weightForm](weight, [parameters]);
    const half = isHalf(dtype, drawn.half);
    const out = outOf(drawn.out, x.length, shape, half);
    const options = {
      ...plan.options,
      norm,
      axis: negative ? axis - rank : axis,
      ...(dtype && { dtype }),
      ...(pair && { arithmetic: pair.asked }),
      ...(out && { out: out.x }),
      ...(heldWeight && { [layer.vector ? "g" : "weight"]: heldWeight.x }),
      ...(bias && { bias }),
      ...(!layer.vector && drawn.eps !== undefined && { eps: drawn.eps }),
    };
    const label = `${name} of [${shape}], ${drawn.kind}, ${JSON.stringify({ ...options, norm: show(norm), out: undefined })}`;
    withHeld([held, heldWeight, out], () => {
      const given = heldWeight ? [held, heldWeight] : [held];
      const y = result(given, () => any(FORWARD[name])(held.x, options), out, shape);
      expect(y.shape).toEqual(shape);
      expect(y.raw instanceof Uint16Array).toBe(half);
      for (const { elements } of groups) {
        const group = elements.map((position) => x[position]);
        if (!group.length) continue;
        const w = weight && ((i: number) => weight[weightOf(elements[i])]);
        const b = bias && ((i: number) => bias[weightOf(elements[i])]);
        if (pair) {
          expectBits(select(y.raw, elements), emulatedGroup(layer, norm, pair, group, drawn.eps, w, b), label);
          continue;
        }
        if (!allFinite(group)) continue;
        const { mean, d, scale } = statistics(
          norm,
          group,
          layer.centred,
          layer.vector ? 0 : (drawn.eps ?? 1e-5),
          !!layer.vector,
        );
        if (!inRange(scale)) continue;
        elements.forEach((position, i) => {
          const z = d[i] / scale;
          const exact = z * (w?.(i) ?? 1) + (b?.(i) ?? 0);
          // subnormal distances have no more digits than whole multiples of the least number have
          const off = Math.abs(z) * 4e-6 + ((Math.abs(group[i]) + Math.abs(mean)) * 2.4e-7 + 2 ** -149) / scale;
          const near = off * Math.abs(w?.(i) ?? 1) + Math.abs(b?.(i) ?? 0) * 2.4e-7 + 1e-44;
          expectWithin(y.data[position], exact, near, half, `${label}[${position}]`);
        });
      }
    });
  },
);

fuzz(
  "calls of reductions",
  60,
  fc.record({
    ...inputs,
    axes: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    keepDims: fc.boolean(),
    pair: fc.option(arithmetics, { nil: undefined }),
    out: fc.option(forms, { nil: undefined, freq: 1 }),
  }),
  ({ shape, seed, pair, keepDims, which, ...drawn }) => {
    const axes = shape.flatMap((_, i) => (drawn.axes[i] ? [seed % 2 ? i : i - shape.length] : []));
    const groups = groupsOf(shape, axes);
    const count = groups[0]?.elements.length ?? sizeOf(axes.map((axis) => shape.at(axis) as number));
    const norm = normOf(which, groups.length ? count : 0);
    const bits = bitsOf(drawn.kind, seed, sizeOf(shape), drawn.half);
    const x = valuesOf(bits);
    const held = FORMS[drawn.form](bits, shape);
    const kept = reducedShape(shape, axes, keepDims);
    const out = outOf(drawn.out, sizeOf(kept), kept, false);
    const options = { axes, keepDims, ...(pair && { arithmetic: pair.asked }) };
    const label = `of [${shape}], ${drawn.kind}, ${JSON.stringify({ norm: show(norm), ...options })}`;
    withHeld([held, out], () => {
      const size = result(
        [held],
        () => halfnorm.norm(held.x, { ...options, norm, ...(out && { out: any(out.x) }) }),
        out,
        kept,
      );
      const mean = result([held], () => halfnorm.mean(held.x, options));
      const found = results([held], () => {
        const { count: n, ...others } = halfnorm.statistics(held.x, { ...options, norm });
        expect(n).toBe(count);
        return others;
      });
      for (const each of [size, mean, found.mean, found.deviation]) expect(each.shape).toEqual(kept);
      expect(found.mean.raw).toEqual(mean.raw);
      groups.forEach(({ elements }, g) => {
        const group = elements.map((position) => x[position]);
        if (!group.length) return;
        if (pair) {
          const recipe = { norm, arithmetic: pair.oracle };
          const read = oracle.inputs(pair.oracle, group);
          const middle = oracle.mean(pair.oracle, read);
          const d = oracle.centred(pair.oracle, read, middle);
          expectBits(select(size.raw, [g]), [oracle.vectorNorm(recipe, read)], `norm ${label}`);
          expectBits(select(mean.raw, [g]), [middle], `mean ${label}`);
          expectBits(select(found.deviation.raw, [g]), [oracle.deviation(recipe, d)], `deviation ${label}`);
          return;
        }
        if (!allFinite(group)) return;
        const most = group.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
        const vector = statistics(norm, group, false, 0, true);
        const { mean: middle, deviation } = statistics(norm, group, true, 0);
        expectWithin(mean.data[g], middle, most * 1e-12 + Math.abs(middle) * 2.4e-7 + 1e-44, false, `mean ${label}`);
        if (inRange(vector.scale))
          expectWithin(size.data[g], vector.scale, vector.scale * 2e-6, false, `norm ${label}`);
        const near = deviation * 2e-6 + most * 1e-13;
        if (inRange(deviation)) expectWithin(found.deviation.data[g], deviation, near, false, `deviation ${label}`);
      });
    });
  },
);

const MODES = ["nearest-even", "toward-zero", "up", "down", "odd"] as const;

fuzz(
  "conversions",
  100,
  fc.record({
    ...inputs,
    what: fc.constantFrom("round", "round", "stochastic", "trelu", "to and fro", "tensor"),
    mode: fc.constantFrom(...MODES),
    format: fc.oneof(ownFormats, fc.constantFrom(...FORMATS)),
    out: fc.option(forms, { nil: undefined, freq: 1 }),
  }),
  ({ shape, seed, what, mode, dtype, format, ...drawn }) => {
    const half = what === "to and fro" ? drawn.half : isHalf(dtype, drawn.half);
    const bits = bitsOf(drawn.kind, seed, sizeOf(shape), drawn.half);
    const x = valuesOf(bits);
    const held = FORMS[drawn.form](bits, shape);
    const to = what === "to and fro" ? !half : half;
    const out = what === "tensor" ? undefined : outOf(drawn.out, x.length, shape, to);
    const options = { ...(out && { out: any(out.x) }), ...(dtype && what !== "to and fro" && { dtype }) };
    const label = `${what} of [${shape}], ${drawn.kind}, ${mode}, ${format.label}`;
    const grid = (value: number) => (to ? roundTo(FLOAT16, value) : value);
    withHeld([held, out], () => {
      if (what === "tensor") {
        const made = halfnorm.tensor(held.x, [x.length], half ? "float16" : "float32");
        const raw = made.slice();
        made.dispose();
        expectBits({ data: raw, shape }, x.map(grid), label);
        return;
      }
      const y = result(
        [held],
        () => {
          if (what === "trelu") return halfnorm.trelu(held.x, options);
          if (what === "to and fro") return any(half ? halfnorm.fromFloat16 : halfnorm.toFloat16)(held.x, options);
          return halfnorm.round(
            held.x,
            format.asked,
            what === "round" ? { ...options, mode } : { ...options, mode: "stochastic", seed },
          );
        },
        out,
        shape,
      );
      expect(y.shape).toEqual(shape);
      expect(y.raw instanceof Uint16Array).toBe(to);
      if (what === "to and fro") expectBits({ data: y.raw, shape }, x, label);
      else if (what === "round")
        expectBits(
          { data: y.raw, shape },
          x.map((value) => grid(roundTo(format.oracle, value, mode))),
          label,
        );
      else if (what === "stochastic") {
        x.forEach((value, i) => {
          const either = (["up", "down"] as const).map((way) => grid(roundTo(format.oracle, value, way)));
          if (Number.isNaN(value)) expect(y.data[i]).toBeNaN();
          else if (!either.some((each) => each === y.data[i] || (Number.isNaN(each) && Number.isNaN(y.data[i]))))
            expect.fail(`${label}: ${value} became ${y.data[i]}, neither of ${either}`);
        });
      } else {
        x.forEach((value, i) => {
          const exact = (Math.max(value, 0) - RECTIFIED.mean) / RECTIFIED.deviation;
          if (Number.isFinite(exact)) expectWithin(y.data[i], exact, Math.abs(exact) * 2.4e-7 + 1e-7, to, label);
        });
      }
    });
  },
);

fuzz(
  "partial statistics",
  60,
  fc.record({
    ...inputs,
    axis: fc.nat(7),
    cuts: fc.array(fc.nat(1000), { maxLength: 4 }),
    ways: fc.array(fc.constantFrom("add", "merge", "JSON"), { minLength: 5, maxLength: 5 }),
    centre: fc.option(fc.constantFrom(0, 1.5, -1000), { nil: undefined }),
  }),
  ({ shape, seed, which, centre, ...drawn }) => {
    const n = sizeOf(shape);
    const bits = bitsOf(drawn.kind, seed, n, drawn.half);
    const x = valuesOf(bits);
    if (!n || !allFinite(x)) return;
    const axis = drawn.axis % shape.length;
    const norm = normOf(which, n / shape[axis]);
    const options = { axis, ...(centre !== undefined && { centre }) };
    const label = `${show(norm)} of [${shape}], ${drawn.kind}, ${JSON.stringify(options)}`;
    // pieces along the first axis, all of it where that is the axis of the channels
    const cuts =
      axis === 0
        ? [0, shape[0]]
        : [0, shape[0], ...drawn.cuts.map((cut) => cut % (shape[0] + 1))].sort((a, b) => a - b);
    const row = n / shape[0];
    const sum = halfnorm.partial(norm, options);
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1], cuts[i]];
      const held = FORMS[drawn.form](bits.slice(from * row, to * row), [to - from, ...shape.slice(1)]);
      withHeld([held], () => {
        const way = drawn.ways[i - 1];
        if (way === "add") sum.add(held.x);
        else {
          const other = halfnorm.partial(norm, options).add(held.x);
          sum.merge(way === "JSON" ? JSON.parse(JSON.stringify(other)) : other);
        }
      });
    }
    const found = halfnorm.PartialStatistics.from(JSON.parse(JSON.stringify(sum))).result();
    expect(found.count).toBe(n / shape[axis]);
    groupsOf(shape, axesBut(shape, axis)).forEach(({ elements }, g) => {
      const group = elements.map((position) => x[position]);
      const most = group.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
      const mean = compensatedSum(group) / group.length;
      expectWithin(found.mean.data[g], mean, most * 1e-14 + Math.abs(mean) * 2.4e-7 + 1e-44, false, `mean, ${label}`);
      // the range does not depend on the centre, from which small values cannot be told in float64
      const shifted = norm === "range" ? group : group.map((value) => value - (centre ?? 0));
      const size = statistics(norm, shifted, false, 0, true).scale;
      if (inRange(size)) expectWithin(any(found).norm.data[g], size, size * 3e-7, false, `norm, ${label}`);
      if (!found.deviation) return;
      const { deviation } = statistics(norm, shifted, centre === undefined, 0);
      const near = deviation * 5e-7 + (most + Math.abs(centre ?? 0)) * 1e-12;
      if (inRange(deviation)) expectWithin(found.deviation.data[g], deviation, near, false, `deviation, ${label}`);
    });
  },
);
