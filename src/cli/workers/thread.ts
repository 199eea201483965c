// A thread: takes the worker of a command, says that it is there, and does what it is given, alone or with others.

import { parentPort, workerData } from "node:worker_threads";
import { type Seat, ThreadCompany } from "./company.js";

/** What a thread is told: its place among the others, or some tasks for as many of them as `size` says. */
export type Order = { readonly seat: Seat } | { readonly tasks: readonly object[]; readonly size: number };

const { default: work } = await import(workerData);
let seat: Seat | undefined;
parentPort?.on("message", async (order: Order) => {
  if ("seat" in order) {
    seat = order.seat;
    return;
  }
  const { tasks, size } = order;
  parentPort?.postMessage(await work(tasks, seat && size > 1 ? new ThreadCompany(seat, size) : undefined));
});
parentPort?.postMessage("ready");
