/** Constants of Gaussian data, in float64, by other routes than src/: most stand between a raw statistic and the deviation. */

/** sqrt(pi / 2), the inverse of E|z|. */
export const C_L1 = Math.sqrt(Math.PI / 2);

/** Mean and deviation of max(z, 0), z standard normal, which TReLU takes off and divides by. */
export const RECTIFIED = { mean: 1 / Math.sqrt(2 * Math.PI), deviation: Math.sqrt(0.5 * (1 - 1 / Math.PI)) };

/** The paper's constant of the largest |d| among n. */
export function maximumConstant(n: number): number {
  if (n === 1) return 1;
  return (0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n));
}

/** (E|z|^p)^(-1/p) for a standard normal z. */
export function powerConstant(p: number): number {
  let constant = known.get(p);
  if (constant === undefined) {
    constant = gaussianMoment(p) ** (-1 / p);
    known.set(p, constant);
  }
  return constant;
}

const known = new Map<number, number>();

/** E|z|^p by the trapezoidal rule, which converges geometrically after the substitution z = exp(t - exp(-t)). */
export function gaussianMoment(p: number): number {
  const step = 1 / 256;
  let sum = 0;
  for (let i = -6 * 256; i <= 6 * 256; i++) {
    const t = i * step;
    const z = Math.exp(t - Math.exp(-t));
    const slope = z * (1 + Math.exp(-t));
    sum += z ** p * Math.exp((-z * z) / 2) * slope;
  }
  return Math.sqrt(2 / Math.PI) * sum * step;
}
