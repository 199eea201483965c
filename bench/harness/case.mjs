/** What a case of the benchmark is, and a figure that is measured on its own. */

import { tensor } from "../../dist/index.js";

/**
 * @typedef {import("../../dist/index.js").Tensor} Tensor
 * @typedef {import("./exact.mjs").Grid} Grid
 *
 * @typedef {object} Contender one implementation of the case's operation
 * @property {import("./harness.mjs").Run} run
 * @property {() => ArrayLike<number>} [result] the values it gives, held against exact ones; outside of the timing
 *
 * @typedef {object} Check one measurement, and its target if it has one
 * @property {string} label what is special about it, such as "resident"
 * @property {"speedup" | "slowdown" | "ns/element" | "µs/call"} unit speedup: time of `against` over time of `of`;
 *   slowdown: the reverse
 * @property {string} of name of a contender
 * @property {string} [against] name of another
 * @property {number} [atLeast]
 * @property {number} [atMost]
 *
 * @typedef {object} Prepared
 * @property {Record<string, Contender>} contenders
 * @property {() => ArrayLike<number>} [exact]
 * @property {Grid} [grid] of the errors in ulp; float32 by default
 * @property {() => void} [dispose]
 *
 * @typedef {object} Case contenders that are timed against each other
 * @property {string} id
 * @property {string} row the line of the table of figures that it belongs to
 * @property {string} what size, shape, data
 * @property {number} elements of one call
 * @property {(import("../../dist/abi/kernels.js").KernelName)[]} kernels exports of the module that it runs
 * @property {Check[]} checks
 * @property {() => Prepared | Promise<Prepared>} prepare
 *
 * @typedef {object} Figure one value, measured on its own
 * @property {string} id
 * @property {string} row
 * @property {string} what
 * @property {string} unit
 * @property {number} [atMost]
 * @property {(effort: import("./harness.mjs").Effort) => Promise<{ value: number, spread?: [number, number], note?: string }>} measure
 */

/** Names of contenders. */
export const LOOP = "loop";
/** The loop with a fresh array for each result. */
export const LOOP_FRESH = "loop, fresh output";
export const RESIDENT = "resident";
export const PLAIN = "plain";

/**
 * The two checks of most rows: a resident tensor, and a plain array that is copied in at every call.
 * @param {number | undefined} resident
 * @param {number | undefined} plain
 * @param {string} [plainAgainst]
 * @returns {Check[]}
 */
export function speedups(resident, plain, plainAgainst = LOOP) {
  return [
    { label: "resident", unit: "speedup", of: RESIDENT, against: LOOP, atLeast: resident },
    { label: "plain array", unit: "speedup", of: PLAIN, against: plainAgainst, atLeast: plain },
  ];
}

/**
 * Keeps the tensors of a case, to free them together.
 */
export class Tensors {
  /** @type {Tensor[]} */
  #held = [];

  /**
   * A resident copy of data.
   * @param {Float32Array | Uint16Array} data
   * @param {readonly number[]} [shape]
   */
  of(data, shape = [data.length]) {
    return this.hold(tensor(data, shape));
  }

  /** @param {Tensor} held */
  hold(held) {
    this.#held.push(held);
    return held;
  }

  dispose() {
    for (const held of this.#held) held.dispose();
    this.#held = [];
  }
}

/**
 * The values of a result, which may be resident, as an array of its own; disposes of it.
 * @param {{ data: ArrayLike<number>, dispose?: () => void }} result
 */
export function taken(result) {
  const values = Array.from(result.data);
  result.dispose?.();
  return values;
}

/**
 * The first value of a result; disposes of it. A tensor is read by slice(): its data is a view that keeps it alive, which
 * takes 0.3 µs more to make.
 * @param {{ data: ArrayLike<number>, slice?: () => ArrayLike<number>, dispose?: () => void }} result
 */
export function first(result) {
  const value = (result.slice ? result.slice() : result.data)[0];
  result.dispose?.();
  return value;
}

/**
 * The first deviation of statistics; disposes of them.
 * @param {import("../../dist/index.js").Statistics<{ data: ArrayLike<number> }>} found
 */
export function firstDeviation({ mean, deviation }) {
  first(mean);
  return first(deviation);
}

/** What layers are given, which is their default. */
export const EPS = 1e-5;

/** @param {readonly number[]} shape */
export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** @param {number} n */
export const count = (n) => n.toLocaleString("en");

/** @param {readonly number[]} shape */
export const times = (shape) => shape.join("×");
