// Those who do tasks: threads, or the thread that asks, where it has no need of others or where there are none to be had. Threads
// may be started before it is known what there is to do: each takes as long to begin as all that comes before its first task.

import { setTimeout } from "node:timers/promises";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Seat } from "./company.js";
import type { Outcome } from "./task.js";
import type { Order } from "./thread.js";

export interface TaskWorker {
  /**
   * Some tasks, one call at a time.
   *
   * @param size Of the company that does them together. Default: 1.
   */
  run(tasks: readonly object[], size?: number): Promise<Outcome<unknown>[]>;
  /** Takes its place among those who can work together. */
  sit(seat: Seat): void;
  end(): Promise<unknown>;
}

/** Bytes of a tensor that is done, norm by norm, before anybody wants to interrupt it: no thread is worth its start. */
export const BRIEF = 8e6;

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
    // the work is done in kernel memory: little is ever young, but for what is loaded
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
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

  async run(tasks: readonly object[], size = 1): Promise<Outcome<unknown>[]> {
    if (this.failure) throw this.failure;
    const next = this.next();
    this.worker.postMessage({ tasks, size } satisfies Order);
    return (await next) as Outcome<unknown>[];
  }

  sit(seat: Seat): void {
    this.worker.postMessage({ seat } satisfies Order, seat.ports);
  }

  /** Whether the process goes on for it. */
  hold(held: boolean): void {
    if (held) this.worker.ref();
    else this.worker.unref();
  }

  end(): Promise<unknown> {
    return this.worker.terminate();
  }
}

/** A thread that begins. */
interface Beginning {
  /** None if it did not begin in time. */
  readonly thread: Promise<Thread | undefined>;
  /** The process goes on for it. */
  hold(): void;
}

function startThread(module: string, held = true): Beginning {
  let thread: Thread | undefined;
  const begin = async (): Promise<Thread | undefined> => {
    const late = new AbortController();
    try {
      thread = new Thread(module);
      thread.hold(held);
      // of a thread that the process goes on for, until it begins or ends
      const options = { signal: late.signal, ref: held };
      const timeout = setTimeout(PATIENCE, undefined, options).then(() => Promise.reject(new Error("no thread")));
      await Promise.race([thread.ready, timeout]);
      return thread;
    } catch {
      await thread?.end();
      return undefined;
    } finally {
      late.abort();
    }
  };
  return { thread: begin(), hold: () => thread?.hold(true) };
}

/** The thread that asks. Nothing else happens while it works: no progress is shown, no signal answered. */
export async function workHere(module: string): Promise<TaskWorker> {
  const { default: run } = await import(module);
  return { run: (tasks) => run(tasks), sit: () => {}, end: async () => {} };
}

/** URL of the worker of a command, as scripts/bundle.mjs names it. */
export const workerOf = (command: string): string => new URL(`./${command}-worker.js`, import.meta.url).href;

/** Threads that nobody has asked for yet, by what they work for. */
const early = new Map<string, Beginning[]>();

/** Starts threads that will be asked for. The process does not go on for them. */
export function startEarly(module: string, count: number): void {
  early.set(
    module,
    Array.from({ length: count }, () => startThread(module, false)),
  );
}

/** As many as are asked for, if they can be had, and at least one. */
export async function startWorkers(module: string, count: number): Promise<TaskWorker[]> {
  const waiting = early.get(module) ?? [];
  early.delete(module);
  const taken = waiting.splice(0, count);
  for (const superfluous of waiting) superfluous.thread.then((thread) => thread?.end());
  for (const beginning of taken) beginning.hold();
  const more = Array.from({ length: count - taken.length }, () => startThread(module));
  const threads = await Promise.all([...taken, ...more].map((beginning) => beginning.thread));
  const begun = threads.filter((thread) => thread !== undefined);
  return begun.length ? begun : [await workHere(module)];
}

/** Gives threads their seats, so that they can work together. */
export function seat(workers: readonly TaskWorker[]): void {
  const bells = new Int32Array(new SharedArrayBuffer(4 * workers.length));
  const ports = workers.map((): MessagePort[] => []);
  for (let rank = 1; rank < workers.length; rank++) {
    for (let other = 0; other < rank; other++) {
      const { port1, port2 } = new MessageChannel();
      ports[rank].push(port1);
      ports[other].push(port2);
    }
  }
  for (const [rank, worker] of workers.entries()) worker.sit({ rank, ports: ports[rank], bells });
}
