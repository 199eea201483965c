/** Means, standard errors, and how they are written. */

/** @param {ArrayLike<number>} values */
export function mean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * Standard deviation, of n - 1 degrees of freedom.
 * @param {ArrayLike<number>} values
 */
export function spread(values) {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/**
 * Standard error of the mean.
 * @param {ArrayLike<number>} values
 */
export const standardError = (values) => spread(values) / Math.sqrt(values.length);

/**
 * Mean ± standard error.
 * @param {ArrayLike<number>} values
 * @param {number} [digits] behind the point
 */
export const estimate = (values, digits = 2) =>
  `${fixed(mean(values), digits)} ± ${fixed(standardError(values), digits)}`;

/**
 * a - b for each seed.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
export const paired = (a, b) => a.map((value, i) => value - b[i]);

/**
 * Whether paired differences are noise: their mean is within three standard errors of 0.
 * @param {readonly number[]} differences
 */
export const isNoise = (differences) => Math.abs(mean(differences)) <= 3 * standardError(differences);

/**
 * @param {number} value
 * @param {number} [digits]
 */
export const fixed = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace(/^-(0(\.0*)?)$/, "$1")
    .replace("-", "−");

/**
 * With a sign.
 * @param {readonly number[]} differences
 * @param {number} [digits]
 */
export const change = (differences, digits = 2) => (mean(differences) >= 0 ? "+" : "") + estimate(differences, digits);

/**
 * A small or large number: 2.4e-4, 320.
 * @param {number} value
 * @param {number} [digits]
 */
export function scientific(value, digits = 2) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  if (value >= 0.01 && value < 1e5) return Number(value.toPrecision(digits)).toLocaleString("en");
  return value.toExponential(digits - 1).replace("e+", "e");
}

/**
 * A norm as the paper writes it.
 * @param {import("./plain-norms.mjs").Normalizer} norm
 */
export function nameOf(norm) {
  if (typeof norm === "object") return "topk" in norm ? `top-${norm.topk}` : `L${norm.lp}`;
  return { l1: "L1", l2: "L2", linf: "L∞", range: "range", none: "mean only" }[norm];
}
