/** Random lives of a BatchNorm, folded layers, weights and learning rates, against float64. */

import fc from "fast-check";
import { expect } from "vitest";
import * as halfnorm from "../../src/index.js";
import { BatchNorm, memory } from "../../src/index.js";
import { axesBut, groupsOf, sizeOf } from "../oracle/walk.js";
import { show } from "../support/cases.js";
import { numbers } from "../support/compare.js";
import { weightsOf } from "../support/layer-groups.js";
import { normal, uniform } from "../support/random.js";
import { FORMS, type Held } from "./forms.js";
import { bitsOf, forms, inputs, normOf, shapes, valuesOf } from "./inputs.js";
import { allFinite, expectWithin, inRange, statistics } from "./native.js";
import { fuzz } from "./runs.js";

const kinds = fc.constantFrom("normal", "whole numbers", "far from zero", "equal ones");
const dispose = (made: object) => (made as Partial<halfnorm.Tensor>).dispose?.();

/** backward() is the gradient by the statistics of the batch, to the bit. */
function expectGradients(layer: BatchNorm, { x }: Held, dy: halfnorm.TensorLike): void {
  const { norm, axis, eps, weight } = layer;
  const { shape } = dy as halfnorm.Dense;
  const axes = axesBut(shape, axis);
  const { mean, deviation } = halfnorm.statistics(x, { norm: norm as halfnorm.Norm, axes });
  const wanted = halfnorm.batchNormBackward(dy, x, { norm, axis, eps, weight, mean, deviation });
  const found = layer.backward(dy);
  for (const key of ["dx", "dweight", "dbias"] as const) expect(numbers(found[key])).toEqual(numbers(wanted[key]));
  for (const made of [mean, deviation, ...Object.values(wanted), ...Object.values(found)]) dispose(made);
}

fuzz(
  "lives of a BatchNorm",
  25,
  fc.record({
    channels: fc.integer({ min: 1, max: 5 }),
    last: fc.boolean(),
    which: fc.nat(),
    momentum: fc.constantFrom(undefined, 0, 0.1, 1),
    weighted: fc.boolean(),
    steps: fc.array(
      fc.record({
        what: fc.constantFrom("train", "train", "infer", "save"),
        samples: fc.integer({ min: 2, max: 40 }),
        kind: kinds,
        form: forms,
        half: fc.boolean(),
        seed: fc.nat(1e6),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  ({ channels, last, which, momentum, weighted, steps }) => {
    const norm = normOf(which, 2);
    const axis = last ? -1 : 1;
    const weight = weighted ? Float32Array.from({ length: channels }, normal(which)) : undefined;
    const settings = { channels, norm, axis, ...(momentum !== undefined && { momentum }), ...(weight && { weight }) };
    let layer = new BatchNorm(settings);
    const rate = momentum ?? 0.1;
    const running = { mean: new Float64Array(channels), deviation: new Float64Array(channels).fill(1) };
    const label = `${show(norm)} ${JSON.stringify(settings)}`;
    const before = memory();
    for (const { what, samples, kind, form, half, seed } of steps) {
      const shape = last ? [samples, 3, channels] : [samples, channels, 3];
      const bits = bitsOf(kind, seed, sizeOf(shape), half);
      const x = valuesOf(bits);
      const held = FORMS[form](bits, shape);
      const groups = groupsOf(shape, axesBut(shape, axis));
      const found = groups.map(({ elements }) =>
        statistics(
          norm,
          elements.map((i) => x[i]),
          true,
          1e-5,
        ),
      );
      if (what === "save") layer = BatchNorm.from(JSON.parse(JSON.stringify(layer.state())));
      else {
        const train = what === "train";
        const y = train ? layer.train(held.x) : layer.infer(held.x);
        const output = numbers(y);
        groups.forEach(({ elements }, c) => {
          const { mean, deviation, scale } = found[c];
          if (train) {
            running.mean[c] += rate * (mean - running.mean[c]);
            running.deviation[c] += rate * (deviation - running.deviation[c]);
          }
          const middle = train ? mean : layer.runningMean[c];
          const given = layer.runningDeviation[c];
          const s = train ? scale : norm === "l2" ? Math.sqrt(given ** 2 + 1e-5) : given + 1e-5;
          for (const i of elements) {
            const w = weight ? weight[c] : 1;
            const z = (x[i] - middle) / s;
            const near =
              (Math.abs(z) * 4e-6 + ((Math.abs(x[i]) + Math.abs(middle)) * 2.4e-7) / s) * Math.abs(w) + 1e-44;
            expectWithin(output[i], z * w, near, half, `${what}, ${label}[${i}]`);
          }
        });
        if (train) expectGradients(layer, held, y);
        dispose(y);
      }
      held.dispose();
      layer.runningMean.forEach((value, c) => {
        expectWithin(value, running.mean[c], 1e-6 * (Math.abs(running.mean[c]) + 1000), false, `mean, ${label}`);
        const wanted = running.deviation[c];
        expectWithin(layer.runningDeviation[c], wanted, 3e-6 * wanted + 2e-4 * rate, false, `deviation, ${label}`);
      });
    }
    expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
  },
);

fuzz(
  "weights and rates",
  50,
  fc.record({
    ...inputs,
    shape: shapes.filter((shape) => sizeOf(shape) > 0),
    kind: fc.constantFrom("normal", "whole numbers", "of many magnitudes"),
    axis: fc.nat(7),
    norm: fc.constantFrom("l1", "l2", "linf", "none" as const),
    given: fc.record({ weight: fc.boolean(), bias: fc.boolean(), own: fc.boolean() }),
  }),
  ({ shape, kind, form, half, seed, norm, given, ...drawn }) => {
    const axis = drawn.axis % shape.length;
    const channels = shape[axis];
    const bits = bitsOf(kind, seed, sizeOf(shape), half);
    const x = valuesOf(bits);
    // of many magnitudes, some are beyond float16
    if (!allFinite(x)) return;
    const list = (number: number, least = -Infinity) =>
      Float32Array.from({ length: channels }, normal(seed + number)).map((value) =>
        least ? value : Math.abs(value) + 0.01,
      );
    const [mean, deviation] = [list(1), list(2, 0)];
    const [weight, bias, own] = [given.weight && list(3), given.bias && list(4), given.own && list(5)];
    const held = FORMS[form](bits, shape);
    const before = memory();
    const folded = halfnorm.foldBatchNorm(
      { weight: held.x, ...(own && { bias: own }) },
      { mean, deviation, norm, axis, ...(weight && { weight }), ...(bias && { bias }) },
    );
    const label = `[${shape}] along ${axis}, ${kind}, ${norm}`;
    const weightOf = weightsOf(shape, [axis]);
    const factor = (c: number) => {
      const s = norm === "none" ? 1 : norm === "l2" ? Math.sqrt(deviation[c] ** 2 + 1e-5) : deviation[c] + 1e-5;
      return (weight ? weight[c] : 1) / s;
    };
    numbers(folded.weight).forEach((value, i) => {
      const exact = x[i] * factor(weightOf(i));
      expectWithin(value, exact, Math.abs(exact) * 3e-7 + 1e-44, false, `weight of ${label}[${i}]`);
    });
    numbers(folded.bias).forEach((value, c) => {
      const exact = ((own ? own[c] : 0) - mean[c]) * factor(c) + (bias ? bias[c] : 0);
      const size =
        (Math.abs(own ? own[c] : 0) + Math.abs(mean[c])) * Math.abs(factor(c)) + Math.abs(bias ? bias[c] : 0);
      expectWithin(value, exact, size * 3e-7, false, `bias of ${label}[${c}]`);
    });
    const sizes = halfnorm.channelNorms(held.x, { axis });
    const norms = Array.from({ length: channels }, (_, c) => Math.abs(mean[c]));
    const scaled = halfnorm.rescaleToNorms(held.x, { axis, norms });
    const values = numbers(scaled);
    groupsOf(shape, axesBut(shape, axis)).forEach(({ elements }, c) => {
      const exact = statistics(
        "l2",
        elements.map((i) => x[i]),
        false,
        0,
        true,
      ).scale;
      if (exact && !inRange(exact)) return;
      expectWithin(sizes[c], exact, exact * 3e-7, false, `norm of ${label}[${c}]`);
      for (const i of elements) {
        const wanted = exact && (x[i] / exact) * norms[c];
        expectWithin(values[i], wanted, Math.abs(wanted) * 1e-6 + 1e-44, half, `rescaled ${label}[${i}]`);
      }
    });
    for (const made of [folded.weight, folded.bias, scaled]) dispose(made);
    expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
    held.dispose();

    const next = uniform(seed);
    const [limit, rate] = [1 + 9 * next(), next()];
    const ratios = halfnorm.correctedLearningRate(rate, norms, deviation, { limit });
    const steps = halfnorm.effectiveStepSize(rate, deviation);
    const at = next();
    const between = halfnorm.normSchedule([norms, deviation])(at);
    norms.forEach((size, c) => {
      const ratio = Math.min(Math.max((size / deviation[c]) ** 2, 1 / limit), limit);
      expectWithin(ratios[c], rate * ratio, rate * ratio * 3e-7, false, `rate of ${size} and ${deviation[c]}`);
      expectWithin(
        steps[c],
        rate / deviation[c] ** 2,
        (rate / deviation[c] ** 2) * 3e-7,
        false,
        `step of ${deviation[c]}`,
      );
      const middle = size + (deviation[c] - size) * at;
      expectWithin(between[c], middle, (size + deviation[c]) * 3e-7, false, `between ${size} and ${deviation[c]}`);
    });
  },
);
