/** How far float16 results are from exact ones. */

/** Distance of two neighbouring float16 values at `value`: 2^-10 of its power of two, 2^-24 below 2^-14. */
function spacing(value) {
  const magnitude = Math.abs(value);
  if (magnitude < 2 ** -14) return 2 ** -24;
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent--;
  return 2 ** (Math.min(exponent, 15) - 10);
}

/** The value that a share of the values, 0 to 1, does not exceed. */
function quantile(sorted, share) {
  return sorted.length > 0 ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : Number.NaN;
}

export const median = (values) => quantile(Float64Array.from(values).sort(), 0.5);

/**
 * Errors of `got` against `exact`, element by element. What is not finite is counted and left out of the rest.
 *
 * - `medianUlp`, `p99Ulp`, `maxUlp`: in units of the float16 spacing at the exact value
 * - `sqnr`: signal to quantization noise in dB, 10 log10 (Σ exact² / Σ error²)
 * - `nonFinite`: results that are infinite or NaN
 * - `zeros`: results that are 0 although the nearest float16 value is not
 */
export function halfErrors(got, exact) {
  const ulps = [];
  let [signal, noise, nonFinite, zeros] = [0, 0, 0, 0];
  for (let i = 0; i < got.length; i++) {
    if (!Number.isFinite(got[i])) {
      nonFinite++;
      continue;
    }
    const error = got[i] - exact[i];
    if (got[i] === 0 && Math.abs(exact[i]) > 2 ** -25) zeros++;
    ulps.push(Math.abs(error) / spacing(exact[i]));
    signal += exact[i] ** 2;
    noise += error ** 2;
  }
  const sorted = Float64Array.from(ulps).sort();
  return {
    medianUlp: quantile(sorted, 0.5),
    p99Ulp: quantile(sorted, 0.99),
    maxUlp: quantile(sorted, 1),
    sqnr: ulps.length > 0 ? 10 * Math.log10(signal / noise) : Number.NaN,
    nonFinite,
    zeros,
  };
}
