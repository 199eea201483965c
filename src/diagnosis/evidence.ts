// What a verdict and notes are made of.

import type { FormatSpec } from "../numerics/format.js";
import type { InputCounts } from "./input.js";
import type { Diagnosis } from "./result.js";

/** What the weight, the bias, or statistics that are given are. */
export interface ParameterCounts extends Pick<InputCounts, "nan" | "infinite" | "absMax"> {
  readonly name: "weight" | "bias" | "mean" | "deviation";
}

/** What of a diagnosis is known before its verdict, and besides: */
export interface Evidence
  extends Pick<Diagnosis, "subject" | "input" | "stages" | "error" | "equalSpecials" | "absorbedOverflow"> {
  readonly compute: FormatSpec;
  readonly statistics: FormatSpec;
  readonly parameters: readonly ParameterCounts[];
}
