/** A worker of partial-workers.mjs: statistics of some samples of a file, chunk by chunk, as JSON. */

import { closeSync, openSync, readSync } from "node:fs";
import { load } from "halfnorm";
import { Tinypool } from "tinypool";

const own = await load({ maxBytes: Tinypool.workerData.maxBytes });

/** Samples [from, to) of a float32 tensor that begins at byte `start` of a file, `chunk` samples at a time. */
export default function gather({ path, start, shape, from, to, chunk, statistics }) {
  const [, ...sample] = shape;
  const elements = sample.reduce((product, length) => product * length, 1);
  const partials = statistics.map(({ norm, centre }) => own.partial(norm, { axis: 1, centre }));
  const buffer = new Float32Array(chunk * elements);
  const file = openSync(path, "r");
  try {
    for (let at = from; at < to; at += chunk) {
      const samples = Math.min(chunk, to - at);
      const data = buffer.subarray(0, samples * elements);
      const read = readSync(file, data, 0, data.byteLength, start + at * elements * 4);
      if (read < data.byteLength) throw new Error(`${path} ends early`);
      for (const partial of partials) partial.add({ data, shape: [samples, ...sample] });
    }
  } finally {
    closeSync(file);
  }
  return { partials: partials.map((partial) => partial.toJSON()), memory: own.memory().bytes };
}
