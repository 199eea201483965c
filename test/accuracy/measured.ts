/** What a measured function is. */

import type { Norm } from "../oracle/emulated.js";
import { everyNorm } from "../support/cases.js";
import { LENGTHS } from "./distributions.js";
import type { Compared } from "./errors.js";

export interface Measured {
  /** As it is called, with what distinguishes it from others. */
  readonly name: string;
  /** Default: all of them. */
  readonly lengths?: readonly number[];
  /** Its results on data of a distribution beside exact ones. */
  readonly compare: (x: Float32Array, seed: number) => readonly Compared[];
}

export const NORMS: readonly Norm[] = everyNorm([10], [1.5, 3]);

/** For what takes the oracle long. */
export const SHORT = LENGTHS.filter((n) => n < 10_000);
