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

  /** Whether an answer is waited for. */
  get busy(): boolean {
    return this.pending !== undefined;
  }

  /** @returns undefined where something else was asked for meanwhile. @throws {Problem} */
  ask<W extends Work>(work: W, listener: Listener = {}): Promise<Values[W["kind"]] | undefined> {
    this.forget();
    this.worker ??= this.begin();
    const id = ++this.id;
    const answer = new Promise<Values[W["kind"]] | undefined>((resolve, reject) => {
      this.pending = { id, listener, resolve: resolve as Pending["resolve"], reject };
    });
    this.worker.postMessage({ id, work } satisfies Request);
    return answer;
  }

  /** Nobody waits for the answer any more: the worker stops as soon as it looks. */
  forget(): void {
    if (!this.pending) return;
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

  private end(): void {
    this.pending = undefined;
    this.worker?.terminate();
    this.worker = undefined;
  }

  private begin(): Worker {
    const worker = start();
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => this.take(data));
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
    if ("part" in reply) {
      pending.listener.part?.(reply.part);
    } else if ("progress" in reply) {
      pending.listener.progress?.(reply.progress);
    } else {
      this.pending = undefined;
      if ("problem" in reply) pending.reject(new Problem(reply.problem));
      else pending.resolve(reply.value);
    }
  }
}
