/**
 * What eleven remedies of a float16 layer norm by L2 cannot do without, in bare kernels (bare-remedies.ts): twelve emulated layer
 * norms, of which six outputs are held against exact ones that are known, and three against those of other norms, for two are the
 * same as without a remedy; and quantiles of their errors.
 */

import { bareKernels } from "./bare.mjs";

const EMULATED = 12;
const KNOWN = 6;
const OF_NORMS = 3;

/** For each choice of four lanes, the bytes that bring them together. */
const masks = Uint8Array.from({ length: 256 }, (_, i) => {
  const lanes = [0, 1, 2, 3].filter((lane) => (i >> (4 + lane)) & 1);
  return ((lanes[(i & 15) >> 2] ?? 0) << 2) | (i & 3);
});

/**
 * @param {Float32Array} data of mean 1/2 and deviation 1
 * @param {readonly [number, number]} shape
 * @returns {() => number}
 */
export function bareRemedies(data, [rows, length]) {
  const n = data.length;
  const { kernels, from, room } = bareKernels(data, 6);
  const { buffer } = kernels.memory;
  const bytes = 4 * n;
  const [y, errors, copies, table, exact] = [room, room + bytes, room + 2 * bytes, room + 3 * bytes, room + 4 * bytes];
  const tile = table + 4096;
  new Float64Array(buffer, exact, n).set(data.map((x) => x - 0.5));
  new Uint8Array(buffer, table).set(masks);
  const emulate = () => kernels.emulate(from, y, rows, length, tile, 0.5, 0.97);
  emulate();
  kernels.judge(y, exact, n, errors);
  // their bits order as they do
  const sorted = new Int32Array(new Float32Array(buffer, errors, n).toSorted().buffer);
  const [low, high, tail] = [0.47, 0.53, 0.984].map((rank) => sorted[Math.floor(rank * n)]);
  const quantiles = () => kernels.parts(errors, n, copies, table, low, high, tail);
  return () => {
    let sum = 0;
    for (let i = 0; i < EMULATED; i++) sum += emulate();
    for (let i = 0; i < KNOWN; i++) sum += kernels.judge(y, exact, n, errors) + quantiles();
    for (let i = 0; i < OF_NORMS; i++) {
      for (let row = 0; row < bytes; row += 4 * length) {
        sum += kernels.judgeByNorm(y + row, from + row, length, errors + row, 0.5, 1e-20, 1.03, tile);
      }
      sum += quantiles();
    }
    return sum;
  };
}
