// Threads that work on one task together: each tells all others what it has found, and makes of all of it what they make. Would one
// of them do so for all, the others had nothing to do meanwhile. A thread that waits does nothing else.

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import * as diagnosis from "../../diagnosis/company.js";

/** Those who diagnose a tensor together, and other things besides. */
export interface Company extends diagnosis.Company {
  /**
   * What `work` gives, or a RangeError for all as soon as it throws one for anyone, so that they stay together. Any other error
   * is left to whoever gave them the task, who has to end all of them.
   */
  together<T>(work: () => T): T;
}

/** A company of one. */
export const ALONE: Company = { ...diagnosis.ALONE, together: (work) => work() };

/** What a thread has to know of the others. */
export interface Seat {
  readonly rank: number;
  /** To each of the others, by their ranks. */
  readonly ports: readonly MessagePort[];
  /** For each rank a 32-bit integer that grows with every message. */
  readonly bells: Int32Array<SharedArrayBuffer>;
}

/** What has been found, or why there is nothing. */
type Message = { readonly found: unknown } | { readonly problem: string };

export class ThreadCompany implements Company {
  readonly rank: number;

  /** @param size Of the company: as many of those who have seats, the first ones. */
  constructor(
    private readonly seat: Seat,
    readonly size: number,
  ) {
    this.rank = seat.rank;
  }

  exchange<T, R>(mine: T, join: (all: readonly T[]) => R): R {
    return join(this.tell({ found: mine }) as T[]);
  }

  together<T>(work: () => T): T {
    let result: T;
    try {
      result = work();
    } catch (error) {
      // what another one has said already was said to all
      if (!(error instanceof RangeError) || error instanceof Told) throw error;
      this.tell({ problem: error.message });
      throw error;
    }
    this.tell({ found: undefined });
    return result;
  }

  /** What all have found, by their ranks. */
  private tell(mine: Message): unknown[] {
    const ports = this.seat.ports.slice(0, this.size - 1);
    for (const [i, port] of ports.entries()) this.send(i < this.rank ? i : i + 1, port, mine);
    const all = ports.map((port) => this.receive(port));
    all.splice(this.rank, 0, mine);
    return all.map((each) => {
      if ("problem" in each) throw new Told(each.problem);
      return each.found;
    });
  }

  private send(rank: number, port: MessagePort, message: Message): void {
    port.postMessage(message);
    Atomics.add(this.seat.bells, rank, 1);
    Atomics.notify(this.seat.bells, rank);
  }

  private receive(port: MessagePort): Message {
    const { bells, rank } = this.seat;
    for (;;) {
      const heard = Atomics.load(bells, rank);
      const received = receiveMessageOnPort(port);
      if (received) return received.message;
      Atomics.wait(bells, rank, heard);
    }
  }
}

/** A RangeError that all have been told of. */
class Told extends RangeError {}
