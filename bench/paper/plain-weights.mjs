/** Bounded weight norms and their gradients in plain JavaScript and float64. */

import { dot } from "./matrix.mjs";

/**
 * @typedef {import("./network.mjs").Parametrization} Parametrization
 * @typedef {"l1" | "l2" | "linf"} VectorNorm
 */

/**
 * ‖v‖ and ∂‖v‖/∂v.
 * @param {Float64Array} v
 * @param {VectorNorm} norm
 */
export function sizeOf(v, norm) {
  if (norm === "l2") {
    const size = Math.sqrt(dot(v, v));
    return { size, slope: v.map((x) => x / size) };
  }
  if (norm === "l1") return { size: v.reduce((sum, x) => sum + Math.abs(x), 0), slope: v.map(Math.sign) };
  const size = v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const at = v.findIndex((x) => Math.abs(x) === size);
  return { size, slope: v.map((x, i) => (i === at ? Math.sign(x) : 0)) };
}

/**
 * w = ρ · v / ‖v‖ for each channel; dv = ρ/‖v‖ · (G - slope · (G·u)), u = v/‖v‖.
 * @param {VectorNorm} norm
 * @param {number} rho
 * @returns {Parametrization}
 */
export function plainBoundedWeights(norm, rho) {
  /** @type {{ u: Float64Array, slope: Float64Array, size: number }[]} */
  let rows;
  return {
    forward(v, units) {
      const columns = v.length / units;
      rows = Array.from({ length: units }, (_, c) => {
        const row = Float64Array.from(v.subarray(c * columns, (c + 1) * columns));
        const { size, slope } = sizeOf(row, norm);
        return { u: row.map((x) => x / size), slope, size };
      });
      return Float64Array.from(
        rows.flatMap(({ u }) => [...u]),
        (x) => rho * x,
      );
    },
    backward(dw) {
      const columns = dw.length / rows.length;
      return Float64Array.from(
        rows.flatMap(({ u, slope, size }, c) => {
          const g = Float64Array.from(dw.subarray(c * columns, (c + 1) * columns));
          const along = dot(g, u);
          return [...g.map((x, i) => (rho / size) * (x - slope[i] * along))];
        }),
      );
    },
  };
}

/**
 * w = (ρ/‖g‖₂) · g · v/‖v‖₂, with a learnable g for each channel behind all of v in the parameters;
 * dg = (ρ/‖g‖)(h - g (g·h)/‖g‖²), h = G·u.
 * @param {number} rho
 * @returns {Parametrization}
 */
export function plainGainedWeights(rho) {
  const direction = plainBoundedWeights("l2", 1);
  /** @type {Float64Array} */
  let u;
  /** @type {Float64Array} */
  let g;
  return {
    forward(parameters, units) {
      const end = parameters.length - units;
      u = /** @type {Float64Array} */ (direction.forward(parameters.subarray(0, end), units));
      g = Float64Array.from(parameters.subarray(end));
      const scale = rho / Math.sqrt(dot(g, g));
      const columns = end / units;
      return u.map((x, i) => scale * g[Math.floor(i / columns)] * x);
    },
    backward(dw) {
      const columns = dw.length / g.length;
      const size = Math.sqrt(dot(g, g));
      const h = g.map((_, c) => dot(dw, u, c * columns, columns));
      const scaled = Float64Array.from(dw, (x, i) => (rho / size) * g[Math.floor(i / columns)] * x);
      const along = dot(g, h) / size ** 2;
      return Float64Array.from([...direction.backward(scaled), ...h.map((x, c) => (rho / size) * (x - g[c] * along))]);
    },
  };
}
