/** Runs every baseline on short inputs, so that V8 has seen all of its code before it compiles the loops. */

import * as float16 from "../harness/float16.mjs";
import { use } from "../harness/harness.mjs";
import * as gradients from "./gradients.mjs";
import * as layers from "./layers.mjs";
import * as reductions from "./reductions.mjs";

const CALLS = 400;

export function primeBaselines() {
  const x = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 12.9898) * 3);
  const y = new Float32Array(60);
  const halves = new Uint16Array(60);
  const sums = new Float32Array(5);
  const wide = new Float64Array(15);
  const words = new Uint32Array(x.buffer);
  // bits of every kind: normal, subnormal, zero, infinite, NaN, too small, too large
  const special = Uint32Array.of(
    0,
    0x80000000,
    0x7f800000,
    0x7fc00000,
    0x33800000,
    0x387fffff,
    0x3f800000,
    0x50000000,
    1,
  );
  const specialHalves = Uint16Array.of(0, 0x8000, 0x7c00, 0x7e00, 1, 0x3ff, 0x3c00, 0x7bff, 0x400);
  for (let call = 0; call < CALLS; call++) {
    const to = 1 + (call % 60);
    use(reductions.sum(x, 0, to) + reductions.sumAbs(x, 0, to) + reductions.sumSquares(x, 0, to));
    use(
      reductions.maxAbs(x, 0, to) + reductions.sumSquaresAbout(x, 0, to, 0.5) + reductions.sumAbsAbout(x, 0, to, 0.5),
    );
    use(reductions.deviationL1(x) + reductions.deviationL2(x) + reductions.topMean(x, 10));
    layers.batchNorm(x, y, 2, 3, 10, x, x, 1e-5);
    layers.batchNorm(x, y, 2, 5, 6, x, x, 1e-5);
    layers.layerNorm(x, y, 4, 15, x, x, 1e-5);
    layers.rmsNorm(x, y, 4, 15, x, 1e-5);
    layers.weightNorm(x, y, 4, 15, x);
    gradients.batchNormL2(x, x, y, sums, sums, 2, 3, 10, x, 1e-5);
    gradients.batchNormL1(x, x, y, sums, sums, 2, 5, 6, x, 1e-5);
    gradients.layerNormL2(x, x, y, wide, wide, 4, 15, x, 1e-5);
    float16.encode(words, halves);
    float16.encode(special, halves.subarray(0, special.length));
    float16.decode(halves, words.slice());
    float16.decode(specialHalves, special.slice());
    use(float16.sumAbsTable(halves) + y[0]);
  }
}
