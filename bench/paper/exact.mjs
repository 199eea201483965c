/** Statements that hold to the rounding of float64: 1, 2, 4 and 5. */

import { boundedWeightNorm } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { random } from "../harness/harness.mjs";
import { CLASSES, divided, PIXELS } from "./dataset.mjs";
import { dot, rowNorms } from "./matrix.mjs";
import { gradientsOf, initialized, parameters } from "./network.mjs";
import { plainBatchNorm } from "./plain-norms.mjs";
import { plainBoundedWeights, plainGainedWeights, sizeOf } from "./plain-weights.mjs";
import { verdict } from "./statement.mjs";
import { nameOf, scientific } from "./summary.mjs";

/**
 * @typedef {import("./matrix.mjs").Reals} Reals
 * @typedef {import("./statement.mjs").Statement} Statement
 * @typedef {import("./network.mjs").Network} Network
 * @typedef {import("./plain-norms.mjs").Normalizer} Normalizer
 */

const ROWS = 64;
const RATE = 0.1;
const EXACT = 1e-12;
/** @type {Normalizer[]} */
const NORMS = ["l2", "l1", "linf", { topk: 10 }, "range", { lp: 3 }];
const NETWORK = `a 64-32-16-10 perceptron in float64 with batch norm of eps = 0 before each ReLU, on ${ROWS} images`;

/**
 * @param {object} [options]
 * @param {Normalizer} [options.norm]
 * @param {(v: Reals, units: number) => import("./network.mjs").Parametrization} [options.parametrization]
 * @returns {Network}
 */
function network({ norm = "l2", parametrization } = {}) {
  let seed = 1;
  return initialized({
    sizes: [PIXELS, 32, 16, CLASSES],
    normalization: () => plainBatchNorm(norm),
    parametrization,
    normal: (n) => normal(n, seed++),
    double: true,
  });
}

/** @param {import("./dataset.mjs").Dataset} dataset */
function images(dataset) {
  const { x, labels } = divided(dataset, random(1)).training;
  return { x: Float64Array.from(x.subarray(0, ROWS * PIXELS)), labels: labels.subarray(0, ROWS) };
}

/**
 * A step of plain gradient descent; gives the loss before it.
 * @param {Network} net
 * @param {{ x: Float64Array, labels: Uint8Array }} part
 * @param {number} [hiddenRate] of the normalized weights
 */
function descend(net, { x, labels }, hiddenRate = RATE) {
  const { loss, gradients } = gradientsOf(net, x, labels);
  const weights = new Set(net.hidden.map(({ v }) => v));
  const values = parameters(net);
  for (const [p, gradient] of parameters(gradients).entries()) {
    const rate = weights.has(values[p]) ? hiddenRate : RATE;
    for (let i = 0; i < gradient.length; i++) values[p][i] -= rate * gradient[i];
  }
  return { loss, gradients };
}

/** @type {Statement} */
const scaling = {
  id: 1,
  title: "Scaled weights",
  claim: "Scaling normalized weights by α and their rate by α² gives the same loss trajectory.",
  examine({ dataset, quick }) {
    const part = images(dataset);
    const steps = quick ? 10 : 50;
    const scales = [1e-3, 0.1, 7, 1e3];
    /** @type {(norm: Normalizer, alpha: number) => number[]} */
    const trajectory = (norm, alpha) => {
      const net = network({ norm });
      for (const { v } of net.hidden) for (let i = 0; i < v.length; i++) v[i] *= alpha;
      return Array.from({ length: steps }, () => descend(net, part, RATE * alpha ** 2).loss);
    };
    let worst = 0;
    const rows = NORMS.map((norm) => {
      const base = trajectory(norm, 1);
      const differences = scales.map((alpha) =>
        trajectory(norm, alpha).reduce((most, loss, i) => Math.max(most, Math.abs(loss / base[i] - 1)), 0),
      );
      worst = Math.max(worst, ...differences);
      const [first, last] = [base[0], base[steps - 1]].map((loss) => loss.toFixed(3));
      return [nameOf(norm), `${first} → ${last}`, ...differences.map((d) => scientific(d))];
    });
    return {
      verdict: verdict(worst < EXACT),
      measured: `relative differences of the losses at most ${scientific(worst)}`,
      how: [
        `${steps} steps of plain gradient descent, ${NETWORK}: the largest relative difference of a loss`,
        "from that with α = 1.",
      ],
      tables: [{ columns: ["norm", "loss", ...scales.map((alpha) => `α = ${alpha}`)], rows }],
    };
  },
};

/** @type {Statement} */
const orthogonality = {
  id: 2,
  title: "Gradients orthogonal to weights",
  claim: "⟨∇L, w⟩ = 0 for every channel w, so that plain SGD obeys ‖w′‖² = ‖w‖² + η²‖∇L‖².",
  examine({ dataset, quick }) {
    const part = images(dataset);
    const steps = quick ? 5 : 25;
    let [worstProduct, worstGrowth] = [0, 0];
    const rows = NORMS.map((norm) => {
      const net = network({ norm });
      let [product, growth] = [0, 0];
      for (let step = 0; step < steps; step++) {
        const before = net.hidden.map(({ v }) => v.slice());
        const { gradients } = descend(net, part);
        for (const [layer, w] of before.entries()) {
          const units = net.hidden[layer].gain.length;
          const columns = w.length / units;
          const g = gradients.hidden[layer].v;
          const [sizes, slopes, after] = [w, g, net.hidden[layer].v].map((rows) => rowNorms(rows, units));
          for (let c = 0; c < units; c++) {
            product = Math.max(product, Math.abs(dot(w, g, c * columns, columns)) / (sizes[c] * slopes[c]));
            growth = Math.max(growth, Math.abs((sizes[c] ** 2 + (RATE * slopes[c]) ** 2) / after[c] ** 2 - 1));
          }
        }
      }
      worstProduct = Math.max(worstProduct, product);
      worstGrowth = Math.max(worstGrowth, growth);
      return [nameOf(norm), scientific(product), scientific(growth)];
    });
    return {
      verdict: verdict(Math.max(worstProduct, worstGrowth) < EXACT),
      measured: `cosine at most ${scientific(worstProduct)}, squared norms off by at most ${scientific(worstGrowth)}`,
      how: `${steps} steps with η = ${RATE}, ${NETWORK}: the largest over all channels and steps.`,
      tables: [{ columns: ["norm", "cosine of ∇L and w", "relative error of ‖w′‖²"], rows }],
    };
  },
};

/** @type {Statement} */
const direction = {
  id: 4,
  title: "Step of the direction",
  claim: "ŵ′ = ŵ − η‖w‖⁻²(I − ŵŵᵀ)∇L(ŵ) + O(η²) for ŵ = w/‖w‖: halving η quarters the residual.",
  examine({ dataset }) {
    const part = images(dataset);
    const rates = Array.from({ length: 7 }, (_, i) => 2 ** (1 - 2 * i)).flatMap((rate) => [rate, rate / 2]);
    let smallest = Number.POSITIVE_INFINITY;
    let farthest = 0;
    const all = NORMS.map((norm) => {
      const residuals = rates.map((rate) => residual(norm, part, rate));
      const ratios = residuals.flatMap((r, i) => (i % 2 ? [] : [r / residuals[i + 1]]));
      smallest = Math.min(smallest, ...residuals);
      farthest = Math.max(farthest, Math.abs(ratios[ratios.length - 1] - 4));
      return [nameOf(norm), ...ratios.map((ratio) => ratio.toFixed(4))];
    });
    return {
      verdict: verdict(farthest < 0.01),
      measured: `the ratio of the residuals tends to 4, to within ${scientific(farthest)} at the smallest η`,
      how: [
        `One step, ${NETWORK}, channels of norms from 0.5 to 2: the residual of the first layer, η over`,
        `η/2. The smallest residual is ${scientific(smallest)}, far above rounding.`,
      ],
      tables: [
        {
          columns: ["norm", ...rates.filter((_, i) => i % 2 === 0).map((rate) => `η = ${scientific(rate)}`)],
          rows: all,
        },
      ],
    };
  },
};

/**
 * The largest distance, over the channels of the first layer, of the direction after a step from the formula.
 * @param {Normalizer} norm
 * @param {{ x: Float64Array, labels: Uint8Array }} part
 * @param {number} rate
 */
function residual(norm, part, rate) {
  const net = network({ norm });
  const [{ v: w, gain }] = net.hidden;
  const units = gain.length;
  const columns = w.length / units;
  const unit = net.hidden[0].v.slice();
  const start = rowNorms(w, units);
  const sizes = start.map((_, c) => 0.5 * 4 ** (c / (units - 1)));
  for (let i = 0; i < w.length; i++) {
    const c = Math.floor(i / columns);
    unit[i] = w[i] / start[c];
    w[i] = unit[i] * sizes[c];
  }
  // ∇L(ŵ): the same network with this layer of norm 1
  const atUnit = { ...net, hidden: [{ ...net.hidden[0], v: unit }, ...net.hidden.slice(1)] };
  const g = gradientsOf(atUnit, part.x, part.labels).gradients.hidden[0].v;
  descend(net, part, rate);
  const after = rowNorms(w, units);
  let worst = 0;
  for (let c = 0; c < units; c++) {
    const along = dot(unit, g, c * columns, columns);
    let sum = 0;
    for (let i = c * columns; i < (c + 1) * columns; i++) {
      const predicted = unit[i] - (rate / sizes[c] ** 2) * (g[i] - unit[i] * along);
      sum += (w[i] / after[c] - predicted) ** 2;
    }
    worst = Math.max(worst, Math.sqrt(sum));
  }
  return worst;
}

/** @type {Statement} */
const bound = {
  id: 5,
  title: "Bounded weight norm",
  claim: "Bounded weight norm keeps ‖W‖_F = ρ while it trains.",
  examine({ dataset, quick }) {
    const part = images(dataset);
    const steps = quick ? 10 : 100;
    let worst = 0;
    let kernel = 0;
    /**
     * A row of the table.
     * @param {string} name
     * @param {string} what
     * @param {Network} net
     * @param {(w: Float64Array, units: number) => number[]} sizes what is kept, of the weights of a layer
     * @param {number[]} bounds what they are kept at, for each layer
     */
    const trained = (name, what, net, sizes, bounds) => {
      let error = 0;
      const losses = Array.from({ length: steps }, () => {
        const { loss } = descend(net, part);
        for (const [layer, { v, gain, parametrization }] of net.hidden.entries()) {
          const w = /** @type {Float64Array} */ (parametrization?.forward(v, gain.length));
          for (const size of sizes(w, gain.length)) error = Math.max(error, Math.abs(size / bounds[layer] - 1));
        }
        return loss;
      });
      worst = Math.max(worst, error);
      return [name, what, `${losses[0].toFixed(3)} → ${losses[steps - 1].toFixed(3)}`, scientific(error)];
    };

    /** @type {string[][]} */
    const rows = [];
    for (const norm of /** @type {const} */ (["l2", "l1", "linf"])) {
      /** @type {number[]} */
      const rhos = [];
      const net = network({
        norm: "none",
        parametrization(v, units) {
          const rho = Math.sqrt(dot(v, v) / units);
          rhos.push(rho);
          return plainBoundedWeights(norm, rho);
        },
      });
      if (norm === "l2") {
        const whole = net.hidden.map(({ gain }, i) => rhos[i] * Math.sqrt(gain.length));
        rows.push(trained("ρ · v/‖v‖", "‖W‖_F = ρ√N", net, (w) => [Math.sqrt(dot(w, w))], whole));
        for (const [i, { v, gain, parametrization }] of net.hidden.entries()) {
          const exact = parametrization?.forward(v, gain.length) ?? v;
          const shape = [gain.length, v.length / gain.length];
          const { data } = boundedWeightNorm({ data: Float32Array.from(v), shape }, { rho: rhos[i] });
          kernel = Math.max(kernel, ...data.map((x, j) => Math.abs(x - exact[j]) / rhos[i]));
        }
      } else {
        /** @type {(w: Float64Array, units: number) => number[]} */
        const channels = (w, units) => {
          const columns = w.length / units;
          return Array.from({ length: units }, (_, c) => sizeOf(w.slice(c * columns, (c + 1) * columns), norm).size);
        };
        rows.push(trained("ρ · v/‖v‖", `‖w‖ = ρ by ${nameOf(norm)}, every channel`, net, channels, rhos));
      }
    }
    /** @type {number[]} */
    const rhos = [];
    const net = network({ norm: "none" });
    for (const hidden of net.hidden) {
      const units = hidden.gain.length;
      const g = rowNorms(hidden.v, units);
      rhos.push(Math.sqrt(dot(g, g)));
      hidden.v = Float64Array.from([...hidden.v, ...g]);
      hidden.parametrization = plainGainedWeights(rhos[rhos.length - 1]);
    }
    rows.push(trained("(ρ/‖g‖) · g · v/‖v‖", "‖W‖_F = ρ", net, (w) => [Math.sqrt(dot(w, w))], rhos));
    return {
      verdict: verdict(worst < EXACT),
      measured: `norms off by at most ${scientific(worst)} (relative)`,
      how: [
        `${steps} steps with η = ${RATE}, ${NETWORK}, mean-only: the largest relative error over all steps`,
        "and layers.",
      ],
      tables: [{ columns: ["form", "what is kept", "loss", "error"], rows }],
      remarks: `In float32, \`boundedWeightNorm\` of the same parameters is off by at most ${scientific(kernel)} of ρ.`,
    };
  },
};

export const EXACT_STATEMENTS = [scaling, orthogonality, direction, bound];
