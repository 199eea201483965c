// Tasks on worker threads: as many at a time as there are jobs, and as memory allows.

import { availableParallelism } from "node:os";
import { Tinypool } from "tinypool";
import { UsageError } from "../terminal/errors.js";
import type { Outcome } from "./task.js";
import { Waiting } from "./waiting.js";

export interface PoolOptions<T> {
  /** Tasks at a time; undefined: one for each processor, fewer where memory would exceed what is said below. */
  readonly jobs: number | undefined;
  /** Bytes of memory that each task takes. */
  readonly costs: readonly number[];
  /** Bytes of the largest tensor. */
  readonly largest: number;
  /** Is given each result with the number of its task, in the order in which they come. */
  done(i: number, result: T): void;
  /** Whether to begin another task. Default: always. */
  goOn?(): boolean;
}

/** What the process may take: three times the largest tensor and this. */
const ALLOWANCE = 100e6;
/** What a thread takes before it has a task. */
const THREAD = 15e6;

/**
 * Runs all tasks, the costly ones first.
 *
 * @param command Whose worker.ts gives the outcome of a task.
 * @throws {UsageError} with the problem of the first task that has one; the others are given up.
 */
export async function runTasks<T>(command: string, tasks: readonly object[], options: PoolOptions<T>): Promise<void> {
  const { jobs, costs, largest, done, goOn = () => true } = options;
  const threads = Math.max(1, Math.min(jobs ?? availableParallelism(), tasks.length));
  const { rss } = process.memoryUsage();
  const budget = jobs === undefined ? 3 * largest + ALLOWANCE - rss - threads * THREAD : Infinity;
  // as scripts/bundle.mjs names it
  const filename = new URL(`./${command}-worker.js`, import.meta.url).href;
  // the work is done in kernel memory: little is ever young
  const resourceLimits = { maxYoungGenerationSizeMb: 2 };
  const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads, resourceLimits });
  const waiting = new Waiting(costs);
  const running = new Set<Promise<void>>();
  let used = 0;
  let failure: unknown;
  // what ends a thread also fails its task, whose error is the one to show
  pool.on("error", () => {});
  const run = async (i: number): Promise<void> => {
    try {
      const outcome: Outcome<T> = await pool.run(tasks[i]);
      if ("problem" in outcome) throw new UsageError(outcome.problem);
      done(i, outcome.result);
    } catch (error) {
      failure ??= error;
    }
    used -= costs[i];
  };
  try {
    let more = true;
    while (!failure && ((more && waiting.left) || running.size)) {
      while (more && running.size < threads) {
        const i = waiting.take(running.size ? budget - used : Infinity);
        if (i === undefined) break;
        used += costs[i];
        const promise: Promise<void> = run(i).finally(() => running.delete(promise));
        running.add(promise);
      }
      await Promise.race(running);
      more &&= goOn();
    }
    if (failure) throw failure;
  } finally {
    await pool.destroy();
  }
}
