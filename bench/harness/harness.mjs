/**
 * Measuring side by side. All contenders of a case run in one process, taking turns: every round gives each of them one
 * sample, in an order drawn anew, so that what the machine does meanwhile meets all of them. A ratio is the median of the
 * ratios of the rounds, not the ratio of two medians.
 */

/**
 * @typedef {() => number | void | Promise<number | void>} Run one call; the number, if any, goes to the sink
 * @typedef {object} Timing
 * @property {number[]} samples milliseconds per call, one per round; fewer when the budget was used up
 * @property {number} repetitions calls per sample
 * @typedef {object} Effort
 * @property {number} rounds samples of each contender
 * @property {number} minSample least milliseconds of one sample: calls are repeated within it
 * @property {number} warmup least milliseconds of a warm-up, of which each contender has several before it is measured
 * @property {number} budget milliseconds of a contender after which it gets no further samples, but for the first three
 */

/** @type {Effort} */
export const FULL = { rounds: 41, minSample: 0.25, warmup: 60, budget: 6000 };
/** @type {Effort} */
export const QUICK = { rounds: 9, minSample: 0.25, warmup: 20, budget: 2000 };

let sink = 0;

/**
 * Keeps a result alive: what is never used may be optimized away.
 * @param {number | void} value
 */
export function use(value) {
  if (value !== undefined && value === sink) sink += 1;
}

/** A number that depends on every result used. */
export function sinkValue() {
  return sink;
}

/**
 * A seeded generator of numbers in [0, 1) (mulberry32).
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @param {Run} run
 * @param {number} repetitions
 */
async function sample(run, repetitions) {
  const start = performance.now();
  for (let i = 0; i < repetitions; i++) {
    const value = run();
    use(typeof value === "object" ? await value : value);
  }
  return (performance.now() - start) / repetitions;
}

/**
 * Times the contenders against each other.
 * @param {Map<string, Run>} contenders by name
 * @param {Effort} effort
 * @param {number} [seed] of the order within the rounds
 * @returns {Promise<Map<string, Timing>>}
 */
export async function interleave(contenders, effort, seed = 1) {
  const next = random(seed);
  const entries = [...contenders].map(([name, run]) => ({ name, run }));
  /** @type {Map<string, Timing>} */
  const timings = new Map(entries.map(({ name }) => [name, { samples: [], repetitions: 1 }]));
  for (const { name, run } of entries) {
    const repetitions = await warmUp(run, effort);
    /** @type {Timing} */ (timings.get(name)).repetitions = repetitions;
  }
  for (let round = 0; round < effort.rounds; round++) {
    shuffle(entries, next);
    for (const { name, run } of entries) {
      const { samples, repetitions } = /** @type {Timing} */ (timings.get(name));
      const spent = samples.reduce((a, b) => a + b, 0) * repetitions;
      if (samples.length < 3 || spent < effort.budget) samples.push(await sample(run, repetitions));
    }
  }
  return timings;
}

/** Warm-ups of a contender at the most. */
const MOST_WARMUPS = 8;

/**
 * Runs until another warm-up brings no more than the last: V8 compiles in the background, and on a busy machine what it makes
 * of a kernel comes late.
 * @param {Run} run
 * @param {Effort} effort
 * @returns the calls that fill a sample
 */
async function warmUp(run, effort) {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < MOST_WARMUPS; turn++) {
    const before = best;
    best = Math.min(best, await warmUpOnce(run, effort));
    if (turn && best > 0.95 * before) break;
  }
  return Math.max(1, Math.ceil(effort.minSample / best));
}

/**
 * Runs until the time is up and at least five times (slow ones once), doubling the calls; gives the least time of a call.
 * @param {Run} run
 * @param {Effort} effort
 */
async function warmUpOnce(run, effort) {
  const start = performance.now();
  let repetitions = 1;
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0, spent = 0; spent < effort.warmup || (turn < 5 && spent < effort.budget / 6); turn++) {
    const time = await sample(run, repetitions);
    best = Math.min(best, time);
    if (time * repetitions < effort.minSample) repetitions *= 2;
    spent = performance.now() - start;
  }
  return best;
}

/**
 * @template T
 * @param {T[]} list
 * @param {() => number} next
 */
function shuffle(list, next) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}

/**
 * The q-quantile of values, between neighbours by straight line.
 * @param {readonly number[]} values
 * @param {number} q
 */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}
