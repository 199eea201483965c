// The option that says what elements are that NumPy has no name for.

import type { Option } from "../terminal/options.js";
import { oneOf, optional } from "../terminal/values.js";
import { RAW_TYPES, type RawType } from "./elements.js";

export const AS_OPTION = {
  type: "string",
  value: "FORMAT",
  help: `${RAW_TYPES.join(", ")}: what elements of .npy and .npz are that NumPy has no name for (V1, V2, u1, u2).`,
} as const satisfies Option;

export const rawTypeOf = (text: string | undefined): RawType | undefined =>
  optional(text, (given) => oneOf("as", given, RAW_TYPES));
