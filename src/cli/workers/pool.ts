// Tasks at the same time: as many as there are jobs, and as memory allows.

import { availableParallelism } from "node:os";
import { UsageError } from "../terminal/errors.js";
import type { Outcome } from "./task.js";
import { Waiting } from "./waiting.js";
import { startWorkers, type TaskWorker, workHere } from "./workers.js";

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

/** Bytes of a tensor that is done, norm by norm, before anybody wants to interrupt it: no thread is worth its start. */
const BRIEF = 8e6;

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
  const module = new URL(`./${command}-worker.js`, import.meta.url).href;
  const alone = threads === 1 && largest <= BRIEF;
  const workers = alone ? [await workHere(module)] : await startWorkers(module, threads);
  const idle = [...workers];
  const waiting = new Waiting(costs);
  const running = new Set<Promise<void>>();
  let used = 0;
  let failure: unknown;
  const run = async (i: number, worker: TaskWorker): Promise<void> => {
    try {
      const outcome = (await worker.run(tasks[i])) as Outcome<T>;
      if ("problem" in outcome) throw new UsageError(outcome.problem);
      done(i, outcome.result);
    } catch (error) {
      failure ??= error;
    }
    idle.push(worker);
    used -= costs[i];
  };
  try {
    let more = true;
    while (!failure && ((more && waiting.left) || running.size)) {
      while (more && idle.length) {
        const i = waiting.take(running.size ? budget - used : Infinity);
        if (i === undefined) break;
        used += costs[i];
        const promise: Promise<void> = run(i, idle.pop() as TaskWorker).finally(() => running.delete(promise));
        running.add(promise);
      }
      await Promise.race(running);
      more &&= goOn();
    }
    if (failure) throw failure;
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}
