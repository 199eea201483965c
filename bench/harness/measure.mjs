/** Runs cases and says what came out. */

import { FLOAT32, ulps } from "./exact.mjs";
import { interleave, median, quantile } from "./harness.mjs";

/**
 * @typedef {import("./harness.mjs").Effort} Effort
 * @typedef {import("./exact.mjs").Ulp} Ulp
 *
 * @typedef {object} Measurement one line of the report
 * @property {string} id
 * @property {string} row
 * @property {string} what
 * @property {string} label
 * @property {string} unit
 * @property {number} value
 * @property {[number, number]} [spread] quartiles of the value over the rounds
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {boolean} [reached] whether the target was, if there is one
 * @property {boolean} [close] whether it is within the spread, so that another run may say otherwise
 * @property {number} [time] ns per element of the measured contender
 * @property {number} [againstTime] and of the one it is measured against
 * @property {Ulp} [error] in ulp of the measured contender's results
 * @property {Ulp} [againstError]
 * @property {string} [note]
 */

/**
 * @param {import("./case.mjs").Case} tested
 * @param {Effort} effort
 * @returns {Promise<Measurement[]>}
 */
export async function measureCase(tested, effort) {
  const prepared = await tested.prepare();
  try {
    const contenders = Object.entries(prepared.contenders);
    const timings = await interleave(new Map(contenders.map(([name, { run }]) => [name, run])), effort);
    const exact = prepared.exact?.();
    const grid = prepared.grid ?? FLOAT32;
    /** @type {Map<string, Ulp>} */
    const errors = new Map();
    for (const [name, { result }] of contenders) {
      if (exact && result) errors.set(name, ulps(result(), exact, grid));
    }
    const samples = (/** @type {string} */ name) => {
      const timing = timings.get(name);
      if (!timing) throw new Error(`${tested.id}: no contender is called ${name}`);
      return timing.samples;
    };
    const perElement = (/** @type {string} */ name) => (median(samples(name)) * 1e6) / tested.elements;
    return tested.checks.map((check) => {
      const values = perRound(check, samples, tested.elements);
      const value = median(values);
      return {
        id: `${tested.id}/${check.label}`,
        row: tested.row,
        what: tested.what,
        label: check.label,
        unit: check.unit,
        value,
        ...judged(value, check, [quantile(values, 0.25), quantile(values, 0.75)]),
        time: perElement(check.of),
        ...(check.against && { againstTime: perElement(check.against) }),
        ...(errors.has(check.of) && { error: errors.get(check.of) }),
        ...(check.against && errors.has(check.against) && { againstError: errors.get(check.against) }),
      };
    });
  } finally {
    prepared.dispose?.();
  }
}

/**
 * What a check measures, in every round.
 * @param {import("./case.mjs").Check} check
 * @param {(name: string) => number[]} samples
 * @param {number} elements
 */
function perRound({ unit, of, against }, samples, elements) {
  const own = samples(of);
  if (unit === "ns/element") return own.map((time) => (time * 1e6) / elements);
  if (unit === "µs/call") return own.map((time) => time * 1e3);
  if (against === undefined) throw new Error(`a ${unit} needs two contenders`);
  const other = samples(against);
  return own
    .slice(0, other.length)
    .map((time, round) => (unit === "speedup" ? other[round] / time : time / other[round]));
}

/**
 * @param {import("./case.mjs").Figure} figure
 * @param {Effort} effort
 * @returns {Promise<Measurement>}
 */
export async function measureFigure({ id, row, what, unit, atMost, measure }, effort) {
  const { value, spread, note } = await measure(effort);
  return { id, row, what, label: "", unit, value, ...judged(value, { atMost }, spread), ...(note && { note }) };
}

/**
 * The spread, the target, and whether it was reached; nothing of what there is none of.
 * @param {number} value
 * @param {{ atLeast?: number, atMost?: number }} target
 * @param {[number, number]} [spread]
 */
function judged(value, { atLeast, atMost }, spread) {
  const target = atLeast ?? atMost;
  if (target === undefined) return { ...(spread && { spread }) };
  return {
    ...(spread && { spread, close: spread[0] <= target && target <= spread[1] }),
    ...(atLeast === undefined ? { atMost } : { atLeast }),
    reached: atLeast === undefined ? value <= target : value >= target,
  };
}
