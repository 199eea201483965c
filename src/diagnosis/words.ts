// Names and numbers of a diagnosis, for sentences.

import { isObject } from "../checks/arguments.js";
import { fixed } from "../text/words.js";
import type { DiagnosisEvent, EventPlace } from "./result.js";

export const ulp = (value: number | null): string => fixed(value, 2);

export const isOf = (value: unknown, schema: string): boolean =>
  isObject(value) && "schema" in value && value.schema === schema;

export const placeWords = ({ group, index }: EventPlace): string =>
  `group ${group}${index === null ? "" : `, element ${index}`}`;

/** Of one, and of many. */
export const EVENT_VERBS: Readonly<Record<DiagnosisEvent, readonly [string, string]>> = {
  overflow: ["overflows", "overflow"],
  invalid: ["gives NaN", "give NaN"],
  underflow: ["becomes 0", "become 0"],
  stagnation: ["changes nothing", "change nothing"],
  subnormal: ["is subnormal", "are subnormal"],
};
