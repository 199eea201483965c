// A worker, and what is asked of it: the newest request wins, and what takes too long is ended with the worker.

import type { Part, Reply, Request, Values, Work } from "../shared/messages.js";
import code from "../worker/main.ts?worker&url";

export interface Listener {
  part?(part: Part): void;
  progress?(done: number): void;
}

/** What is wrong with what was asked, in a sentence. */
class Problem extends Error {}

interface Pending {
  readonly id: number;
  readonly listener: Listener;
  resolve(value: Values[keyof Values] | undefined): void;
  reject(problem: Problem): void;
}

/** For a worker that is at work to turn to what is asked for, in milliseconds; then another one takes its place. */
const GRACE = 250;

let address: string | undefined;

/** A blob inherits the policy of the page, which a worker from a file would not have. */
function start(): Worker {
  const script = `import ${JSON.stringify(new URL(code, import.meta.url).href)};`;
  address ??= URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return new Worker(address, { type: "module" });
}

export class Link {
  private worker: Worker | undefined;
  private pending: Pending | undefined;
  private id = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the worker has been heard of: one that is being loaded is waited for. */
  private started = false;

  /** Whether an answer is waited for. */
  get busy(): boolean {
    return this.pending !== undefined;
  }

  /** @returns undefined where something else was asked for meanwhile. @throws {Problem} */
  ask<W extends Work>(work: W, listener: Listener = {}): Promise<Values[W["kind"]] | undefined> {
    this.forget();
    const id = ++this.id;
    const answer = new Promise<Values[W["kind"]] | undefined>((resolve, reject) => {
      this.pending = { id, listener, resolve: resolve as Pending["resolve"], reject };
    });
    this.send({ id, work });
    return answer;
  }

  /** Nobody waits for the answer any more: the worker stops as soon as it looks. */
  forget(): void {
    if (!this.pending) return;
    clearTimeout(this.timer);
    this.pending.resolve(undefined);
    this.pending = undefined;
    this.worker?.postMessage({ id: ++this.id } satisfies Request);
  }

  /** Ends what is going on, whatever it is. */
  cancel(): void {
    if (!this.pending) return;
    this.forget();
    this.end();
  }

  /** What a worker that has been there is at cannot be told to stop before it looks, which may take it seconds. */
  private send(request: Request): void {
    clearTimeout(this.timer);
    if (this.worker && this.started) {
      this.timer = setTimeout(() => {
        this.worker?.terminate();
        this.worker = this.begin();
        this.worker.postMessage(request);
      }, GRACE);
    }
    this.worker ??= this.begin();
    this.worker.postMessage(request);
  }

  private end(): void {
    clearTimeout(this.timer);
    this.pending = undefined;
    this.worker?.terminate();
    this.worker = undefined;
  }

  private begin(): Worker {
    const worker = start();
    this.started = false;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      this.started = true;
      this.take(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      const { pending } = this;
      this.end();
      pending?.reject(new Problem(`What computes has stopped: ${event.message || "its script cannot be loaded"}`));
    });
    return worker;
  }

  private take(reply: Reply): void {
    const { pending } = this;
    if (!pending || reply.id !== pending.id) return;
    clearTimeout(this.timer);
    if ("part" in reply) {
      pending.listener.part?.(reply.part);
    } else if ("begun" in reply) {
      return;
    } else if ("progress" in reply) {
      pending.listener.progress?.(reply.progress);
    } else {
      this.pending = undefined;
      if ("problem" in reply) pending.reject(new Problem(reply.problem));
      else pending.resolve(reply.value);
    }
  }
}
