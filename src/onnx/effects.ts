// How far outputs of a model are from what they were.

import { numbersOf } from "./ort-values.js";
import type { Effect } from "./result.js";
import type { OrtTensor } from "./runtime.js";

/** Position of the greatest element of each row. */
function argmax(values: ArrayLike<number>, from: number, n: number): number {
  let best = from;
  for (let i = from + 1; i < from + n; i++) if (values[i] > values[best] || Number.isNaN(values[best])) best = i;
  return best;
}

/** An output in two worlds; undefined for one that has no numbers. */
export function effectOf(output: string, was: OrtTensor, is: OrtTensor): Effect | undefined {
  const [a, b] = [numbersOf(was), numbersOf(is)];
  if (!a || !b) return undefined;
  if (a.length !== b.length) return { output, maxAbs: null, maxRel: null, changedArgmax: Math.max(a.length, b.length) };
  let [most, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    size = Math.max(size, Math.abs(a[i]));
    if (a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    most = Math.max(most, Math.abs(b[i] - a[i])); // NaN stays
  }
  const row = was.dims[was.dims.length - 1] ?? 1;
  let changedArgmax = 0;
  for (let from = 0; row > 1 && from < a.length; from += row) {
    if (argmax(a, from, row) !== argmax(b, from, row)) changedArgmax++;
  }
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return { output, maxAbs: finite(most), maxRel: most ? finite(most / size) : 0, changedArgmax };
}

/** The worse of each of two runs. */
export function worseEffects(a: readonly Effect[] | undefined, b: readonly Effect[]): Effect[] {
  if (!a) return [...b];
  const worse = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : Math.max(x, y);
  return b.map((effect, i) => ({
    output: effect.output,
    maxAbs: worse(a[i].maxAbs, effect.maxAbs),
    maxRel: worse(a[i].maxRel, effect.maxRel),
    changedArgmax: a[i].changedArgmax + effect.changedArgmax,
  }));
}
