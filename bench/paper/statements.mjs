/** All statements, in order. */

import { DECAY_STATEMENTS } from "./decay.mjs";
import { DIFFERENCES } from "./differences.mjs";
import { EXACT_STATEMENTS } from "./exact.mjs";
import { GAUSSIAN_STATEMENTS } from "./gaussian.mjs";
import { HALF_STATEMENTS } from "./half.mjs";
import { HALF_TRAINING } from "./half-training.mjs";
import { SCHEME_STATEMENTS } from "./schemes.mjs";

/** @type {import("./statement.mjs").Statement[]} */
export const STATEMENTS = [
  ...EXACT_STATEMENTS,
  DIFFERENCES,
  ...GAUSSIAN_STATEMENTS,
  ...HALF_STATEMENTS,
  HALF_TRAINING,
  ...SCHEME_STATEMENTS,
  ...DECAY_STATEMENTS,
].sort((a, b) => a.id - b.id);
