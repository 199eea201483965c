// Ranges of σ.

import { brief } from "../../text/words.js";

/** An end that is null is beyond what was swept. */
export interface SigmaRange {
  readonly from: number | null;
  readonly to: number | null;
}

/** Two digits: the ends depend on what was drawn. */
export const endsInWords = ({ from, to }: SigmaRange, [low, high]: readonly [number, number]): [string, string] => [
  from === null ? `<${brief(low, 2)}` : brief(from, 2),
  to === null ? `>${brief(high, 2)}` : brief(to, 2),
];
