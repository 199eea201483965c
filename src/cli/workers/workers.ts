// Those who do tasks: threads, or the thread that asks, where it has no need of others or where there are none to be had.

import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Outcome } from "./task.js";

export interface TaskWorker {
  /** Some tasks, one call at a time. */
  run(tasks: readonly object[]): Promise<Outcome<unknown>[]>;
  end(): Promise<unknown>;
}

/** Time within which a thread has to begin, in ms: not every runtime that can be asked for one has one. */
const PATIENCE = 10_000;

class Thread implements TaskWorker {
  /** Settles once it has begun. */
  readonly ready: Promise<unknown>;
  private readonly worker: Worker;
  private answer: (message: unknown) => void = () => {};
  private fail: (error: unknown) => void = () => {};
  /** What it ended by. */
  private failure: unknown;

  /** @param module URL of the worker of a command. */
  constructor(module: string) {
    // the work is done in kernel memory: little is ever young
    const resourceLimits = { maxYoungGenerationSizeMb: 2 };
    this.worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: module, resourceLimits });
    this.ready = this.next();
    const end = (error: unknown): void => {
      this.failure ??= error;
      this.fail(error);
    };
    this.worker.on("message", (message) => this.answer(message));
    this.worker.on("error", end);
    this.worker.on("exit", (code) => end(new Error(`a thread ended with ${code}`)));
  }

  private next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  }

  async run(tasks: readonly object[]): Promise<Outcome<unknown>[]> {
    if (this.failure) throw this.failure;
    const next = this.next();
    this.worker.postMessage(tasks);
    return (await next) as Outcome<unknown>[];
  }

  end(): Promise<unknown> {
    return this.worker.terminate();
  }
}

async function startThread(module: string): Promise<TaskWorker | undefined> {
  const late = new AbortController();
  let thread: Thread | undefined;
  try {
    thread = new Thread(module);
    const timeout = setTimeout(PATIENCE, undefined, late).then(() => Promise.reject(new Error("no thread")));
    await Promise.race([thread.ready, timeout]);
    return thread;
  } catch {
    await thread?.end();
    return undefined;
  } finally {
    late.abort();
  }
}

/** The thread that asks. Nothing else happens while it works: no progress is shown, no signal answered. */
export async function workHere(module: string): Promise<TaskWorker> {
  const { default: run } = await import(module);
  return { run, end: async () => {} };
}

/** As many as are asked for, if they can be had, and at least one. */
export async function startWorkers(module: string, count: number): Promise<TaskWorker[]> {
  const threads = await Promise.all(Array.from({ length: count }, () => startThread(module)));
  const begun = threads.filter((thread) => thread !== undefined);
  return begun.length ? begun : [await workHere(module)];
}
