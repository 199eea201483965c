/** Everything that is measured: the rows of the table of figures, each case with its targets. */

import { diagnosisCases } from "./cases-diagnosis.mjs";
import { float16Cases } from "./cases-float16.mjs";
import { gradientCases } from "./cases-gradients.mjs";
import { layerCases } from "./cases-layers.mjs";
import { reductionCases } from "./cases-reductions.mjs";

/** @returns {import("./case.mjs").Case[]} */
export function cases() {
  return [...reductionCases(), ...layerCases(), ...float16Cases(), ...gradientCases(), ...diagnosisCases()];
}

export { packageFigures } from "./cases-package.mjs";
