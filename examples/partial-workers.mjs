/**
 * Batch norm statistics of a tensor that is larger than the memory of any worker that reads it:
 *
 *     node examples/partial-workers.mjs [MiB of the file = 64] [workers = 2]
 *
 * Every worker has an instance of its own that may take 1 MiB, and gathers partial statistics of its samples chunk by
 * chunk. What they send back is JSON, as from another machine. At the end it is held against one call on all of it.
 */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partial, statistics } from "halfnorm";
import { Tinypool } from "tinypool";

const MAX_BYTES = 2 ** 20;
const [CHANNELS, ROWS, COLUMNS] = [16, 32, 32];
const SAMPLE = CHANNELS * ROWS * COLUMNS;
/** Samples that a worker reads at a time, and is given at a time. */
const [CHUNK, TASK] = [16, 100];
/** The first round needs no centre; the deviations of the second are about the mean. */
const FIRST = { L2: "l2", "L∞": "linf", range: "range" };
const SECOND = { L1: "l1", "top-10": { topk: 10 }, L3: { lp: 3 } };

const [mebibytes, threads] = [Number(process.argv[2] ?? 64), Number(process.argv[3] ?? 2)];
const shape = [Math.round((mebibytes * 2 ** 20) / (SAMPLE * 4)), CHANNELS, ROWS, COLUMNS];

/** Writes a .npy file sample by sample, each channel with a mean and a deviation of its own; returns where data begin. */
function writeFile(path) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`.padEnd(117);
  const header = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text}\n`, "latin1");
  header.writeUInt16LE(header.length - 10, 8);
  const sample = new Float32Array(SAMPLE);
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  const file = openSync(path, "w");
  writeSync(file, header);
  for (let n = 0; n < shape[0]; n++) {
    for (let i = 0; i < SAMPLE; i++) {
      const channel = Math.floor(i / (ROWS * COLUMNS));
      const z = uniform() + uniform() + uniform() + uniform() - 2;
      sample[i] = channel - 7.5 + (1 + channel / 4) * z;
    }
    writeSync(file, sample);
  }
  closeSync(file);
  return header.length;
}

/** Distance of two float32 in units in the last place of the second. */
const ulps = (a, b) => Math.abs(a - b) / 2 ** (Math.floor(Math.log2(Math.abs(b))) - 23);

/** The first value of a result, in the nine digits that tell float32 apart. */
const digits = ({ data }) => Number(data[0].toPrecision(9));

const folder = mkdtempSync(join(tmpdir(), "halfnorm-"));
const pool = new Tinypool({
  filename: new URL("./partial-worker.mjs", import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
  workerData: { maxBytes: MAX_BYTES },
});
let memory = 0;

/** Statistics of the whole file by all workers, merged as they come in. */
async function gather(file, wanted) {
  const merged = wanted.map(({ norm, centre }) => partial(norm, { axis: 1, centre }));
  const tasks = [];
  for (let from = 0; from < shape[0]; from += TASK) {
    const to = Math.min(from + TASK, shape[0]);
    const task = pool.run({ ...file, from, to, chunk: CHUNK, statistics: wanted });
    tasks.push(
      task.then((result) => {
        memory = Math.max(memory, result.memory);
        for (const [i, json] of result.partials.entries()) merged[i].merge(json);
      }),
    );
  }
  await Promise.all(tasks);
  return merged.map((each) => each.result());
}

try {
  const path = join(folder, "activations.npy");
  const file = { path, start: writeFile(path), shape };
  const started = performance.now();
  const first = await gather(
    file,
    Object.values(FIRST).map((norm) => ({ norm })),
  );
  const centre = first[0].mean.data;
  const second = await gather(
    file,
    Object.values(SECOND).map((norm) => ({ norm, centre })),
  );
  const seconds = (performance.now() - started) / 1000;

  const bytes = readFileSync(path).subarray(file.start);
  const x = { data: new Float32Array(Uint8Array.from(bytes).buffer), shape };
  const rows = Object.entries({ ...FIRST, ...SECOND }).map(([name, norm], i) => {
    const found = [...first, ...second][i];
    const whole = statistics(x, { norm, axes: [0, 2, 3] });
    const worst = Math.max(...whole.deviation.data.map((value, c) => ulps(found.deviation.data[c], value)));
    return { norm: name, merged: digits(found.deviation), whole: digits(whole.deviation), "worst ulp": worst };
  });
  console.log(
    `a file of ${mebibytes} MiB, tensor of shape [${shape.join(", ")}], read twice in ${seconds.toFixed(2)} s`,
  );
  console.log(`${threads} workers, memory of each ${(memory / 2 ** 20).toFixed(2)} MiB of 1 allowed`);
  console.log("deviation of channel 0, and the largest distance among all channels");
  console.table(Object.fromEntries(rows.map(({ norm, ...row }) => [norm, row])));
  if (rows.some((row) => !(row["worst ulp"] <= 2))) {
    console.log("merged and whole differ by more than 2 ulp");
    process.exitCode = 1;
  }
} finally {
  await pool.destroy();
  rmSync(folder, { recursive: true, force: true });
}
