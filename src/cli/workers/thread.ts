// A thread: takes the worker of a command, says that it is there, and does what it is given.

import { parentPort, workerData } from "node:worker_threads";

const { default: work } = await import(workerData);
parentPort?.on("message", async (tasks) => parentPort?.postMessage(await work(tasks)));
parentPort?.postMessage("ready");
