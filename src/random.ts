// Random numbers that are the same on every machine.

/** Seeded standard normal numbers: Marsaglia's polar method on a 32-bit generator (mulberry32). */
export function normal(seed: number, n: number): Float64Array<ArrayBuffer> {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const result = new Float64Array(n);
  for (let i = 0; i < n; ) {
    const u = 2 * uniform() - 1;
    const v = 2 * uniform() - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const size = Math.sqrt((-2 * Math.log(s)) / s);
    result[i++] = u * size;
    if (i < n) result[i++] = v * size;
  }
  return result;
}
