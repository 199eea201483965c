// Random numbers that are the same on every machine.

/** Seeded numbers in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seeded standard normal numbers: Marsaglia's polar method. */
export function normal(seed: number, n: number): Float64Array<ArrayBuffer> {
  const next = uniform(seed);
  const result = new Float64Array(n);
  for (let i = 0; i < n; ) {
    const u = 2 * next() - 1;
    const v = 2 * next() - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const size = Math.sqrt((-2 * Math.log(s)) / s);
    result[i++] = u * size;
    if (i < n) result[i++] = v * size;
  }
  return result;
}
