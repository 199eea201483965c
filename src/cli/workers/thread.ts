// A thread: takes the worker of a command, says that it is there, and does one task after the other.

import { parentPort, workerData } from "node:worker_threads";

const { default: work } = await import(workerData);
parentPort?.on("message", async (task) => parentPort?.postMessage(await work(task)));
parentPort?.postMessage("ready");
