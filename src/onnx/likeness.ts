// Whether small operators that were taken for a normalization compute one: held against what the model has given.

import type { LayerCall } from "./layer-call.js";
import type { Normalization } from "./normalization.js";

/** Of what the model gives: rounding in float32 is far less, even of data far from zero, and another operation is far more. */
const MOST = 0.5;

/** Whether a group goes through a narrower format, in which it may fail already. */
const isNarrow = ({ nodes }: Normalization): boolean =>
  nodes.some(({ op, attributes }) => op === "Cast" && [10, 16].includes(attributes.get("to")?.i ?? 0));

/** @param given The output in the model, of type float32. */
export function isLike(layer: Normalization, call: LayerCall, given: Float32Array): boolean {
  if (!layer.operator.startsWith("decomposed") || isNarrow(layer)) return true;
  const y = call.emulate(call.x.data, "float32", "float32");
  let [difference, size] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const square = (y[i] - given[i]) ** 2;
    // what is NaN or infinite in one of them tells nothing
    if (!(square < Infinity)) continue;
    difference += square;
    size += given[i] ** 2;
  }
  return difference <= MOST * MOST * size;
}
