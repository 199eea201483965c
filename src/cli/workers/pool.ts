// Tasks at the same time: as many as there are jobs, and as memory allows.

import { availableParallelism } from "node:os";
import { UsageError } from "../terminal/errors.js";
import type { Outcome } from "./task.js";
import { orderOf, Waiting } from "./waiting.js";
import { BRIEF, seat, startWorkers, type TaskWorker, workerOf, workHere } from "./workers.js";

export interface PoolOptions<T> {
  /** Tasks at a time; undefined: one for each processor, fewer where memory would exceed what is said below. */
  readonly jobs: number | undefined;
  /** Bytes of memory that each task takes. */
  readonly costs: readonly number[];
  /** Into how many shares each can be cut, for threads to do it together. Default: none can be. */
  readonly shares?: readonly number[];
  /** Bytes of the largest tensor. */
  readonly largest: number;
  /** Is given each result with the number of its task, in the order in which they come; nothing more is begun until it has taken it. */
  done(i: number, result: T): void | Promise<void>;
  /** Whether to begin more tasks. Default: always. */
  goOn?(): boolean;
}

/** What the process may take: three times the largest tensor and this. */
const ALLOWANCE = 100e6;
/** What a thread takes before it has a task. */
const THREAD = 15e6;

/** Tasks that a thread is given at a time: those that cost little are worth less than a message for each. */
const TOGETHER = 64;
/** Bytes that they may cost. */
const SMALL = 2 ** 18;
/** So that no thread waits for another one in the end. */
const SHARES = 4;

/**
 * Tasks that threads do together, for there would be none for some of them meanwhile: in the order in which all are taken,
 * those that cost more than each thread would have to do of them and what comes behind.
 */
function shared(threads: number, costs: readonly number[], shares: readonly number[]): number[] {
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  return orderOf(costs).filter((i) => {
    const size = Math.min(threads, shares[i]);
    const alone = costs[i] * size > left;
    left -= costs[i];
    return size > 1 && alone;
  });
}

/**
 * Runs all tasks, the costly ones first.
 *
 * @param command Whose worker.ts gives the outcomes of tasks.
 * @throws {UsageError} with the problem of the first task that has one; the others are given up.
 */
export async function runTasks<T>(command: string, tasks: readonly object[], options: PoolOptions<T>): Promise<void> {
  const { jobs, costs, shares = costs.map(() => 1), largest, done, goOn = () => true } = options;
  const busy = shares.reduce((a, b) => Math.max(a, b), tasks.length);
  const threads = Math.max(1, Math.min(jobs ?? availableParallelism(), busy));
  const { rss } = process.memoryUsage();
  const budget = jobs === undefined ? 3 * largest + ALLOWANCE - rss - threads * THREAD : Infinity;
  const module = workerOf(command);
  const alone = threads === 1 && largest <= BRIEF;
  const workers = alone ? [await workHere(module)] : await startWorkers(module, threads);
  const together = shared(workers.length, costs, shares);
  const idle = [...workers];
  const waiting = new Waiting(costs, together);
  const running = new Set<Promise<void>>();
  let used = 0;
  let failure: unknown;
  /** The costliest task that there is room for, with some that cost little. */
  const take = (room: number): number[] => {
    const most = Math.min(TOGETHER, Math.ceil(waiting.left / workers.length / SHARES));
    const taken: number[] = [];
    for (let i = waiting.take(room), left = Math.min(room, SMALL); i !== undefined; i = waiting.take(left)) {
      taken.push(i);
      left -= costs[i];
      if (taken.length >= most) break;
    }
    return taken;
  };
  const run = async (taken: readonly number[], cost: number, worker: TaskWorker): Promise<void> => {
    try {
      const outcomes = (await worker.run(taken.map((i) => tasks[i]))) as Outcome<T>[];
      for (const [at, outcome] of outcomes.entries()) {
        if ("problem" in outcome) throw new UsageError(outcome.problem);
        await done(taken[at], outcome.result);
      }
    } catch (error) {
      failure ??= error;
    }
    idle.push(worker);
    used -= cost;
  };
  /** What the first of the threads makes of it. */
  const runTogether = async (i: number): Promise<void> => {
    const company = workers.slice(0, shares[i]);
    const [outcome] = await Promise.all(
      company.map(async (worker) => {
        const [outcome] = (await worker.run([tasks[i]], company.length)) as Outcome<T>[];
        // the others may wait for this one, until they are ended
        if ("problem" in outcome) throw new UsageError(outcome.problem);
        return outcome;
      }),
    );
    await done(i, outcome.result);
  };
  try {
    let more = true;
    if (together.length) seat(workers);
    for (const i of together) {
      if (more) await runTogether(i);
      more &&= goOn();
    }
    while (!failure && ((more && waiting.left) || running.size)) {
      while (more && idle.length) {
        const taken = take(running.size ? budget - used : Infinity);
        if (!taken.length) break;
        const cost = taken.reduce((sum, i) => sum + costs[i], 0);
        used += cost;
        const worker = idle.pop() as TaskWorker;
        const promise: Promise<void> = run(taken, cost, worker).finally(() => running.delete(promise));
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
