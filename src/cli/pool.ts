// Tasks on worker threads: as many at a time as there are jobs, and as memory allows.

import { Piscina } from "piscina";
import { UsageError } from "./command.js";
import type { Outcome, Task } from "./worker.js";

export interface PoolOptions {
  readonly jobs: number;
  /** Bytes of memory that each task takes. */
  readonly costs: readonly number[];
  /** Tasks run beside each other only while their costs together are within it. */
  readonly budget: number;
}

/**
 * Runs all tasks, the costly ones first.
 *
 * @param done Is given each result with the number of its task, in the order in which they come.
 * @throws {UsageError} with the problem of the first task that has one; the others are given up.
 */
export async function runTasks<T>(
  tasks: readonly Task[],
  { jobs, costs, budget }: PoolOptions,
  done: (i: number, result: T) => void,
): Promise<void> {
  const threads = Math.max(1, Math.min(jobs, tasks.length));
  const filename = new URL("./worker.js", import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  const waiting = tasks.map((_, i) => i).sort((a, b) => costs[b] - costs[a] || a - b);
  const running = new Set<Promise<void>>();
  let used = 0;
  const start = (i: number): void => {
    used += costs[i];
    const run = pool.run(tasks[i]).then((outcome: Outcome<T>) => {
      used -= costs[i];
      running.delete(run);
      if ("problem" in outcome) throw new UsageError(outcome.problem);
      done(i, outcome.result);
    });
    running.add(run);
  };
  try {
    while (waiting.length || running.size) {
      for (let at = 0; at < waiting.length && running.size < threads; ) {
        if (running.size && used + costs[waiting[at]] > budget) at++;
        else start(waiting.splice(at, 1)[0]);
      }
      await Promise.race(running);
    }
  } finally {
    for (const run of running) run.catch(() => {});
    await pool.destroy();
  }
}
