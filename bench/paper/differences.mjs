/** Statement 3: gradients against finite differences, and the package's against them. */

import { batchNormBackward, boundedWeightNormBackward } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { random } from "../harness/harness.mjs";
import { largest } from "./matrix.mjs";
import { gradientsOf, initialized, lossOf, parameters } from "./network.mjs";
import { plainBatchNorm } from "./plain-norms.mjs";
import { plainBoundedWeights } from "./plain-weights.mjs";
import { verdict } from "./statement.mjs";
import { nameOf, scientific } from "./summary.mjs";

/**
 * @typedef {import("./plain-norms.mjs").Normalizer} Normalizer
 * @typedef {import("./network.mjs").Network} Network
 */

/** @type {Normalizer[]} */
const NORMS = ["l2", "l1", "linf", { topk: 3 }, "range", { lp: 1.5 }, { lp: 3 }, { lp: 4 }, "none"];
const SIZES = [7, 6, 5, 4];
const ROWS = 12;
const STEP = 4e-6;

/**
 * The largest error of a gradient of the network, relative to the largest gradient of the same array of parameters,
 * against central differences of fourth order.
 * @param {Network} network in float64
 * @param {Float64Array} x
 * @param {Uint8Array} labels
 */
export function gradientError(network, x, labels) {
  const { gradients } = gradientsOf(network, x, labels);
  let worst = 0;
  for (const [p, gradient] of parameters(gradients).entries()) {
    const values = parameters(network)[p];
    const scale = largest(gradient);
    for (let i = 0; i < values.length; i++) {
      const at = values[i];
      const [a, b, c, d] = [-2, -1, 1, 2].map((steps) => {
        values[i] = at + steps * STEP;
        return lossOf(network, x, labels);
      });
      values[i] = at;
      worst = Math.max(worst, Math.abs((a - 8 * b + 8 * c - d) / (12 * STEP) - gradient[i]) / scale);
    }
  }
  return worst;
}

/**
 * A small network in float64 and images for it.
 * @param {Normalizer} norm
 * @param {import("./plain-weights.mjs").VectorNorm} [bounded] norm of bounded weights
 */
export function smallProblem(norm, bounded) {
  let seed = 1;
  const network = initialized({
    sizes: SIZES,
    normalization: () => plainBatchNorm(norm, 1e-3),
    parametrization: bounded && (() => plainBoundedWeights(bounded, 1.3)),
    normal: (n) => normal(n, seed++),
    double: true,
  });
  // gains and shifts that are not 1 and 0
  for (const { gain, shift } of network.hidden) {
    gain.set(normal(gain.length, seed++, 0.2, 1));
    shift.set(normal(gain.length, seed++, 0.2));
  }
  const next = random(1);
  return {
    network,
    x: Float64Array.from(normal(ROWS * SIZES[0], seed++)),
    labels: Uint8Array.from({ length: ROWS }, () => Math.floor(SIZES[3] * next())),
  };
}

/**
 * The largest error of the package's gradient in float32, relative to the largest gradient, against float64.
 * @param {Normalizer} norm
 */
function packageError(norm) {
  const [rows, units, eps] = [128, 64, 1e-5];
  const [x, dy] = [normal(rows * units, 1), normal(rows * units, 2)];
  const weight = normal(units, 3, 0.2, 1);
  const plain = plainBatchNorm(norm, eps);
  plain.forward(Float64Array.from(x), Float64Array.from(weight), new Float64Array(units));
  const exact = plain.backward(Float64Array.from(dy));
  const shape = [rows, units];
  const found = batchNormBackward({ data: dy, shape }, { data: x, shape }, { norm, weight, eps });
  return Math.max(
    relative(found.dx.data, exact.dx),
    relative(found.dweight.data, exact.dgain),
    relative(found.dbias.data, exact.dshift),
  );
}

/**
 * The same for weights.
 * @param {import("./plain-weights.mjs").VectorNorm} norm
 */
function packageWeightError(norm) {
  const [units, columns, rho] = [64, 64, 1.3];
  const [v, dw] = [normal(units * columns, 1), normal(units * columns, 2)];
  const plain = plainBoundedWeights(norm, rho);
  plain.forward(Float64Array.from(v), units);
  const shape = [units, columns];
  const found = boundedWeightNormBackward({ data: dw, shape }, { data: v, shape }, { norm, rho });
  return relative(found.dv.data, plain.backward(Float64Array.from(dw)));
}

/**
 * @param {Float32Array} found
 * @param {import("./matrix.mjs").Reals} exact
 */
function relative(found, exact) {
  return largest(Float64Array.from(found, (v, i) => v - exact[i])) / largest(exact);
}

/** @type {import("./statement.mjs").Statement} */
export const DIFFERENCES = {
  id: 3,
  title: "Gradients",
  claim: "Gradients match finite differences.",
  examine() {
    let [worst, worstSingle] = [0, 0];
    /** @type {string[][]} */
    const rows = [];
    for (const norm of NORMS) {
      const { network, x, labels } = smallProblem(norm);
      const error = gradientError(network, x, labels);
      const single = packageError(norm);
      worst = Math.max(worst, error);
      worstSingle = Math.max(worstSingle, single);
      rows.push([`batch norm, ${nameOf(norm)}`, scientific(error), scientific(single)]);
    }
    for (const norm of /** @type {const} */ (["l2", "l1", "linf"])) {
      const { network, x, labels } = smallProblem("none", norm);
      const error = gradientError(network, x, labels);
      const single = packageWeightError(norm);
      worst = Math.max(worst, error);
      worstSingle = Math.max(worstSingle, single);
      rows.push([`bounded weight norm, ${nameOf(norm)}`, scientific(error), scientific(single)]);
    }
    return {
      verdict: verdict(worst < 1e-8 && worstSingle < 1e-5),
      measured: [
        `to ${scientific(worst)} of the largest gradient in float64;`,
        `those of the package, in float32, to ${scientific(worstSingle)}`,
      ],
      how: [
        `Every parameter of a ${SIZES.join("-")} perceptron in float64, ${ROWS} images of noise, eps = 1e-3, central`,
        `differences of fourth order with steps of ${STEP.toExponential()}; bounded weights with mean-only batch norm.`,
        "Beside it `batchNormBackward` on 128 × 64 and `boundedWeightNormBackward` on 64 × 64 normal values, against the",
        "same formulas in float64.",
      ],
      tables: [{ columns: ["", "against differences", "of the package"], rows }],
    };
  },
};
