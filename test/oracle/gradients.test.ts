/** The gradients of the oracle against differences of its layers, and the paper's statements about them, in float64. */
import { describe, expect, test } from "vitest";
import { everyNorm, show } from "../support/cases.js";
import { expectNear } from "../support/compare.js";
import { GRADIENT_LAYERS } from "../support/gradient-layers.js";
import { gaussian, normal } from "../support/random.js";
import { compensatedSum } from "./compensated.js";
import type { Norm } from "./emulated.js";
import {
  centre,
  differences,
  groupGradient,
  layerGradient,
  layerOutput,
  type Rule,
  ruleOf,
  scaleOf,
} from "./gradients.js";
import { sizeOf } from "./walk.js";

const NORMS: readonly (Norm | "none")[] = ["none", ...everyNorm([3], [1.5, 3, 2.7])];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  compensatedSum(Float64Array.from(a, (value, i) => value * b[i]));

describe.each(GRADIENT_LAYERS)("$name", ({ layout, shapes, centred }) => {
  test("gradients are the differences of the layer", () => {
    const [shape] = shapes.filter((each) => sizeOf(each) > 40).sort((a, b) => sizeOf(a) - sizeOf(b));
    const places = layout(shape);
    const { weights } = places;
    const size = sizeOf(shape);
    for (const [i, norm] of NORMS.entries()) {
      if (norm === "none" && !centred) continue;
      const rule = (n: number) => ruleOf(norm, n, i % 2 ? 1e-3 : 0, centred);
      const x = Float64Array.from(gaussian(size, i, 1));
      const dy = Float64Array.from(gaussian(size, i + 20));
      const weight = Float64Array.from(gaussian(weights, 3, 1, 0.3));
      const bias = Float64Array.from(gaussian(weights, 4));
      const loss = (x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>) =>
        dot(layerOutput(places, rule, x, weight, bias), dy);
      const found = layerGradient(places, rule, x, dy, weight);
      const what = `${show(norm)} of [${shape}]`;
      expectNear(
        found.dx,
        differences(x, 1e-5, (at) => loss(at, weight, bias)),
        () => 1e-7,
        1,
        `dx, ${what}`,
      );
      expectNear(
        found.dweight,
        differences(weight, 1e-4, (at) => loss(x, at, bias)),
        () => 1e-8,
        1,
        `dweight, ${what}`,
      );
      expectNear(
        found.dbias,
        differences(bias, 1e-4, (at) => loss(x, weight, at)),
        () => 1e-8,
        1,
        `dbias, ${what}`,
      );
    }
  });
});

test("gradients of norms of vectors", () => {
  for (const [i, norm] of NORMS.entries()) {
    if (norm === "none") continue;
    const rule: Rule = { norm, constant: 1, eps: 0, centred: false, total: true };
    const v = Array.from(gaussian(11, i));
    const g = Array.from(gaussian(11, i + 20));
    const expected = differences(v, 1e-6, (at) => dot(at, g) / scaleOf(rule, Array.from(at)));
    expectNear(Float64Array.from(groupGradient(rule, v, g).dx), expected, () => 1e-8, 1, show(norm));
  }
});

/** One unit of a network: loss = 1/2 sum (y - target)^2, y the normalized outputs w · inputs of a batch. */
function unit(norm: Norm) {
  const [batch, inputs] = [12, 5];
  const data = Array.from({ length: batch }, (_, i) => Array.from(gaussian(inputs, i + 1)));
  const target = Array.from(gaussian(batch, 99));
  const rule = ruleOf(norm, batch, 0);
  return (w: readonly number[]): { loss: number; gradient: number[] } => {
    const x = data.map((row) => dot(row, w));
    const d = centre(rule, x);
    const s = scaleOf(rule, d);
    const error = d.map((value, i) => value / s - target[i]);
    const { dx } = groupGradient(rule, x, error);
    const gradient = w.map((_, j) => compensatedSum(dx.map((value, i) => value * data[i][j])));
    return { loss: dot(error, error) / 2, gradient };
  };
}

describe.each(NORMS.filter((norm): norm is Norm => norm !== "none"))("the paper on %o", (norm) => {
  const start = Array.from(gaussian(5, 7));
  const at = unit(norm);

  test("statement 1: weights scaled by α and rates by α² give the same losses", () => {
    for (const scale of [0.01, 3, 1000]) {
      let w = start;
      let scaled = start.map((value) => value * scale);
      for (let step = 0; step < 20; step++) {
        const one = at(w);
        const other = at(scaled);
        expect(Math.abs(other.loss - one.loss) / one.loss).toBeLessThan(1e-12);
        w = w.map((value, j) => value - 0.05 * one.gradient[j]);
        scaled = scaled.map((value, j) => value - 0.05 * scale * scale * other.gradient[j]);
      }
    }
  });

  test("statement 2: the gradient is orthogonal to the weights, whose norm a step adds to", () => {
    const rate = 0.1;
    let w = start;
    for (let step = 0; step < 20; step++) {
      const { gradient } = at(w);
      const length = dot(w, w);
      const size = dot(gradient, gradient);
      expect(Math.abs(dot(gradient, w))).toBeLessThan(1e-12 * Math.sqrt(length * size));
      w = w.map((value, j) => value - rate * gradient[j]);
      expect(Math.abs(dot(w, w) - (length + rate * rate * size))).toBeLessThan(1e-12 * dot(w, w));
    }
  });

  test("statement 5: bounded weight norm keeps the norm of the weights", () => {
    const next = normal(5);
    const rule: Rule = { norm, constant: 1, eps: 0, centred: false, total: true };
    const rows = Array.from({ length: 4 }, () => Array.from({ length: 6 }, next));
    const rho = 1.7;
    const normalized = (v: readonly number[][]) => v.map((row) => row.map((x) => (rho * x) / scaleOf(rule, row)));
    const length = (w: readonly number[][]) => Math.sqrt(compensatedSum(w.map((row) => scaleOf(rule, row) ** 2)));
    let v = rows;
    for (let step = 0; step < 20; step++) {
      const w = normalized(v);
      expect(Math.abs(length(w) / (rho * Math.sqrt(4)) - 1)).toBeLessThan(1e-12);
      v = v.map((row, i) => {
        const g = Array.from(gaussian(6, step * 4 + i));
        const { dx } = groupGradient(
          rule,
          row,
          g.map((value) => value * rho),
        );
        return row.map((value, j) => value - 0.1 * dx[j]);
      });
    }
  });
});
