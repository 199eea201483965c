/** Training in two threads. Runs that several statements need are done once. */

import { Tinypool } from "tinypool";

/**
 * @typedef {import("./training.mjs").Setting} Setting
 * @typedef {import("./training.mjs").Outcome} Outcome
 */

const THREADS = 2;

/**
 * @param {import("./dataset.mjs").Dataset} dataset
 * @param {(done: number, total: number) => void} advanced
 */
export function trainingPool(dataset, advanced) {
  const pool = new Tinypool({
    filename: new URL("./worker.mjs", import.meta.url).href,
    workerData: dataset,
    minThreads: 0,
    maxThreads: THREADS,
  });
  /** @type {Map<string, Promise<Outcome[]>>} */
  const runs = new Map();
  let [done, total] = [0, 0];

  /** @param {readonly Setting[]} job */
  function run(job) {
    const key = JSON.stringify(job.map((setting) => Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1))));
    let result = runs.get(key);
    if (!result) {
      total += job.length;
      result = pool.run(job).then((/** @type {Outcome[]} */ outcomes) => {
        done += job.length;
        advanced(done, total);
        return outcomes;
      });
      runs.set(key, result);
    }
    return result;
  }

  return {
    /** @param {(readonly Setting[])[]} jobs */
    train: (jobs) => Promise.all(jobs.map(run)),
    close: () => pool.destroy(),
  };
}
