/** What the calls of the soak are made of: shapes, values and tensors in each form, made once, and a generator of choices. */

import { tensor, toFloat16 } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { random } from "../harness/harness.mjs";

/**
 * @typedef {import("../../dist/index.js").Tensor} Tensor
 *
 * @typedef {object} Input one tensor in its forms, and what fits it
 * @property {number[]} shape four dimensions: samples, channels, height, width
 * @property {number} size
 * @property {Float32Array} data
 * @property {Record<Form, any>} x
 * @property {Record<Form, any>} out of the size of x, with what was computed last
 * @property {Float32Array} perChannel positive, one for each channel
 * @property {Float32Array} perSample positive, one for each sample
 * @property {Float32Array} perColumn positive, one for each element of the last axis
 *
 * @typedef {"plain" | "resident" | "half" | "resident half"} Form
 */

/** @type {readonly Form[]} */
export const FORMS = ["plain", "resident", "half", "resident half"];

const SHAPES = [
  [2, 1, 1, 1],
  [1, 2, 1, 3],
  [2, 4, 1, 8],
  [3, 2, 5, 1],
  [2, 6, 3, 3],
  [1, 4, 1, 33],
  [2, 8, 1, 4],
  [2, 2, 5, 5],
  [1, 2, 1, 64],
  [8, 16, 2, 2],
  [1, 1, 1, 130],
];

/**
 * @param {number[]} shape
 * @param {number} seed
 * @returns {Input}
 */
function inputOf(shape, seed) {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = normal(size, seed, 2, 0.5);
  const halves = /** @type {Uint16Array} */ (toFloat16(data));
  const positive = (/** @type {number} */ n) => normal(n, seed + n).map((value) => Math.abs(value) + 0.1);
  return {
    shape,
    size,
    data,
    x: {
      plain: { data, shape },
      resident: tensor(data, shape),
      half: { data: halves, shape },
      "resident half": tensor(halves, shape),
    },
    out: {
      plain: { data: data.slice(), shape },
      resident: tensor(data, shape),
      half: { data: halves.slice(), shape },
      "resident half": tensor(halves, shape),
    },
    perChannel: positive(shape[1]),
    perSample: positive(shape[0]),
    perColumn: positive(shape[3]),
  };
}

/** @param {number} seed */
export const inputsFrom = (seed) => SHAPES.map((shape, i) => inputOf(shape, seed + i));

/**
 * Choices, the same ones for the same seed.
 * @param {number} seed
 */
export function choices(seed) {
  const next = random(seed);
  return {
    next,
    /**
     * @template T
     * @param {readonly T[]} list
     * @returns {T}
     */
    pick: (list) => list[Math.floor(next() * list.length)],
    /** @param {number} share */
    chance: (share) => next() < share,
  };
}
