/**
 * The diagnosis of a layer norm by L2 in plain JavaScript, number by number: the oracle of the tests, compiled. It does what
 * diagnose() does, with all stages and the same remedies, but for what little it takes to put them into words.
 */

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { diagnose } from "./diagnosis.js";
      export { FLOAT16 } from "./formats.js";
      export { remedies } from "./remedies.js";`,
    resolveDir: fileURLToPath(new URL("../../test/oracle", import.meta.url)),
  },
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
});
const { diagnose, FLOAT16, remedies } = await import(
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
  const found = diagnose({ values, groups, norm: "l2", arithmetic, centred: true, eps });
  /**
   * With a power of two as diagnose() finds one for this data.
   * @type {{ error: { rmsUlp: number } }[]}
   */
  const tried = remedies(found, 2);
  return tried.reduce((sum, { error }) => sum + error.rmsUlp, found.error.rmsUlp);
}
