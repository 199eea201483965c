// What the vectors of a weight are multiplied by, beside 1 / ‖v‖. Kernels take gains as float32, and apply 1 / ‖v‖ times a gain
// in up to two steps of float32: what is too much for them is taken out of the gains before, and multiplied in behind.

import { STORAGE_FLOAT32 } from "../abi/plan.js";
import { scale } from "../conversion/scale.js";
import { engine } from "../engine/engine.js";
import { MIN_NORMAL } from "../numerics/constants.js";
import { checkNorm } from "../numerics/norm.js";
import { valuesOf } from "../plan/blocks.js";
import { normsOf } from "../statistics/reduce.js";
import { Operand } from "../tensor/operand.js";
import { sizeOf } from "../tensor/shape.js";

export interface Gains {
  readonly gains: Operand;
  /** Powers of two that each channel is still to be multiplied by; none where all are 1. */
  readonly rest?: Float64Array;
}

/** Up to 2^40, and down to 2^-40, two steps suffice whatever the norm of a vector of float32 is. */
const BINADES = 40;

const isExtreme = (gain: number): boolean => {
  const size = Math.abs(gain);
  return size !== 0 && size < Infinity && (size > 2 ** BINADES || size < 2 ** -BINADES);
};

function split(values: Float64Array): Gains {
  const rest = values.map((gain) => {
    if (!isExtreme(gain)) return 1;
    const exponent = Math.floor(Math.log2(Math.abs(gain)));
    return 2 ** (exponent - Math.sign(exponent) * BINADES);
  });
  const array = Float32Array.from(values, (gain, c) => gain / rest[c]);
  const gains = new Operand(array, 0, [array.length], array.length, STORAGE_FLOAT32);
  return values.some(isExtreme) ? { gains, rest } : { gains };
}

/** Gains that were given. @param emulated Those of emulated arithmetic are what its format makes of them. */
export function givenGains(g: Operand, emulated: boolean): Gains {
  // no float16 is extreme
  if (emulated || g.storage !== STORAGE_FLOAT32) return { gains: g };
  const values = (g.array ?? engine().heap.f32.subarray(g.address / 4, g.address / 4 + g.size)) as Float32Array;
  for (let c = 0; c < g.size; c++) if (isExtreme(values[c])) return split(Float64Array.from(valuesOf(g)));
  return { gains: g };
}

/** The L2 norm of all elements. */
function lengthOf(v: Operand, emulated: boolean): number {
  const [length] = normsOf(v, checkNorm("l2", v.size, false), (1 << v.shape.length) - 1);
  if (emulated || length === 0 || (length >= MIN_NORMAL && length < Infinity)) return length;
  // float64 has the squares of all float32
  return Math.sqrt(valuesOf(v).reduce((sum, value) => sum + value * value, 0));
}

/** What bounded weight norm multiplies v_i / ‖v_i‖ by: ρ for all channels, or ρ / ‖g‖₂ · g_i; 0 when all of g is. */
export function boundedGains(
  v: Operand,
  channels: number,
  g: Operand | undefined,
  rho: number | undefined,
  emulated: boolean,
): Gains {
  let values = new Float64Array(channels);
  if (g) {
    values = Float64Array.from(valuesOf(g));
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    const own = rho ?? length;
    const factor = length ? own / length : 0;
    values = values.map((value) => (factor < Infinity ? value * factor : (value / length) * own));
  } else values.fill(rho ?? lengthOf(v, emulated) / Math.sqrt(channels));
  if (!emulated) return split(values);
  return { gains: new Operand(Float32Array.from(values), 0, [channels], channels, STORAGE_FLOAT32) };
}

/** Runs a job whose output is a multiple of its gains, for each channel along an axis. */
export function runWithRest<J extends { readonly x: Operand; y: Operand | undefined }>(
  job: J,
  run: (job: J) => void,
  axis: number,
  rest: Float64Array | undefined,
): void {
  if (!rest) {
    run(job);
    return;
  }
  const { x, y } = job;
  const made = new Operand(undefined, 0, x.shape, x.size, STORAGE_FLOAT32);
  job.y = made;
  run(job);
  const values = made.array as Float32Array;
  const inner = sizeOf(x.shape, axis + 1);
  for (let i = 0; i < values.length; i++) values[i] *= rest[Math.floor(i / inner) % rest.length];
  scale(made, y as Operand, 1);
}
