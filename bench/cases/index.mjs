/** Everything that is measured: the rows of the table of figures, each case with its targets. */

import { diagnosisCases } from "./diagnosis.mjs";
import { float16Cases } from "./float16.mjs";
import { gradientCases } from "./gradients.mjs";
import { layerCases } from "./layers.mjs";
import { machineCases } from "./machine.mjs";
import { reductionCases } from "./reductions.mjs";
import { shortCases } from "./short.mjs";

/** @returns {import("../harness/case.mjs").Case[]} */
export function cases() {
  return [
    ...machineCases(),
    ...shortCases(),
    ...reductionCases(),
    ...layerCases(),
    ...float16Cases(),
    ...gradientCases(),
    ...diagnosisCases(),
  ];
}

export { packageFigures } from "./package.mjs";
