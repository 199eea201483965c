// The JSON Schema that the package exports. Its source, diagnosis.schema.json, has a word in capitals where the names of a
// table stand.

import { ORDERS } from "../numerics/arithmetic.js";
import { FORMATS, OVERFLOWS } from "../numerics/format.js";
import { NAMED } from "../numerics/norm.js";
import { DTYPES } from "../tensor/storage.js";
import { EVENTS, STAGES } from "./result.js";
import { LAYERS, VERDICTS } from "./words.js";

const NAMES: Readonly<Record<string, readonly string[]>> = {
  DTYPES: Object.keys(DTYPES),
  EVENTS,
  FORMATS: Object.keys(FORMATS),
  LAYERS: Object.keys(LAYERS),
  NORMS: [...Object.keys(NAMED), "none"],
  ORDERS: Object.keys(ORDERS),
  OVERFLOWS: Object.keys(OVERFLOWS),
  STAGES,
  VERDICTS: Object.keys(VERDICTS),
};

/** The schema from its source, with all names written out. */
export const schemaText = (source: string): string =>
  source.replace(/"([A-Z]{2,})"/g, (_, word) => NAMES[word].map((name) => JSON.stringify(name)).join(", "));
