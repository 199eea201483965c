/**
 * The diagnosis of a layer norm by L2 in plain JavaScript, number by number: the oracle of the tests, compiled. It does what
 * diagnose() does, with all stages and the same remedies, but for what little it takes to put them into words.
 */

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { diagnose, errorOf } from "./diagnosis.js";
      export { BFLOAT16, FLOAT16, FLOAT32 } from "./formats.js";
      export { PAIRS } from "./reals.js";
      export { truth } from "./truth.js";`,
    resolveDir: fileURLToPath(new URL("../test/oracle", import.meta.url)),
  },
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
});
const { diagnose, errorOf, BFLOAT16, FLOAT16, FLOAT32, PAIRS, truth } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);

/**
 * @param {ArrayLike<number>} values
 * @param {readonly [number, number]} shape
 * @param {number} eps
 * @returns {number} the sum of some of what it found
 */
export function diagnoseRows(values, [rows, length], eps) {
  const groups = Array.from({ length: rows }, (_, row) => Int32Array.from({ length }, (_, i) => row * length + i));
  const arithmetic = { compute: FLOAT16, accumulate: FLOAT16, order: "lanes" };
  const work = { values, groups, norm: "l2", arithmetic, centred: true, eps };
  const found = diagnose(work);
  const centre = diagnose({ ...work, norm: "none" }).traced.stage("output").high;
  const changes = [
    { arithmetic: { ...arithmetic, accumulate: FLOAT32 } },
    { arithmetic: { ...arithmetic, order: "pairwise" } },
    { arithmetic: { ...arithmetic, compute: BFLOAT16, accumulate: BFLOAT16 } },
    { values: centre },
    { values: Float64Array.from(values, (value) => value / 2), eps: eps / 4 },
  ];
  const norms = ["l1", "linf", { topk: 10 }].map((norm) => ({ ...work, norm }));
  const errors = [
    ...changes.map((change) => errorOf({ ...work, ...change }, found.truth, FLOAT16)),
    ...norms.map((other) => errorOf(other, truth(PAIRS, other), FLOAT16)),
  ];
  return errors.reduce((sum, { rmsUlp }) => sum + rmsUlp, found.error.rmsUlp);
}
