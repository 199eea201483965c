/** What stands out among the results: against loops, of one row, of small things, and against other libraries. */

import { number, ulp } from "../harness/report.mjs";
import { grouped, machineText, roundsText, table } from "./tables.mjs";

/**
 * @typedef {import("./stored.mjs").Stored} Stored
 * @typedef {import("../harness/measure.mjs").Measurement} Measurement
 */

/** Rows of the first table: their title, how their ids begin, and whether outputs pass through zero. */
const ROWS = /** @type {[string, string, boolean?][]} */ ([
  ["L1", "l1/"],
  ["L2", "l2/"],
  ["L∞", "linf/"],
  ["mean", "mean/"],
  ["L2 deviation", "deviation-l2/"],
  ["L1 deviation", "deviation-l1/"],
  ["top-10", "top10-random/"],
  ["L1 of float16", "l1-float16/"],
  ["batch norm, 32×64×56×56", "batch-norm/32x64x56x56/", true],
  ["batch norm, 8×256×14×14", "batch-norm/8x256x14x14/", true],
  ["layer norm, 512×768", "layer-norm/512x768/", true],
  ["layer norm, 128×4096", "layer-norm/128x4096/", true],
  ["RMS norm, 512×768", "rms-norm/512x768/"],
  ["weight norm, 512×512×3×3", "weight-norm/"],
  ["float32 → float16", "to-float16/"],
  ["float16 → float32", "from-float16/"],
]);

/** Rows of nanoseconds per element: their title and the ids. */
const TIMES = /** @type {[string, string[]][]} */ ([
  [
    "emulated float16 L1 of float16, 1,000,000 of N(0, 1): lanes, pairwise, sequential",
    ["lanes", "pairwise", "sequential"].map((order) => `l1-emulated/N(0,1)/${order}`),
  ],
  [
    "the same of N(0, 1/64), with subnormals among them",
    ["lanes", "pairwise", "sequential"].map((order) => `l1-emulated/N(0,1/64)/${order}`),
  ],
  [
    "the same, rows of 1,024, 256 and 8, sequential",
    ["1024x1024", "4096x256", "131072x8"].map((shape) => `l1-emulated-rows/${shape}/sequential`),
  ],
  ['the same with `accumulate: "exact"`, one sum', ["exact-sum/1000000/L1"]],
  [
    "layer norm of float16, 512×768: native, emulated float16",
    ["layer-norm-float16/512x768/resident", "layer-norm-emulated/512x768/lanes"],
  ],
  [
    "emulated layer norm, rows of 256 and 8",
    ["layer-norm-emulated/4096x256/lanes", "layer-norm-emulated/49152x8/lanes"],
  ],
  [
    "float32 → float16, float16 → float32, 1,000,000",
    ["to-float16/normal/1000000/resident", "from-float16/normal/1000000/resident"],
  ],
  [
    "batch norm 32×64×56×56 by L2, L1, L∞, top-10",
    ["L2", "L1", "L∞", "top-10"].map((norm) => `batch-norm-norms/${norm} resident`),
  ],
]);

const LENGTHS = [256, 768, 4096];

/** @param {readonly number[]} values */
function range(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(number);
  return low === high ? low : `${low}–${high}`;
}

/** For sentences: two digits. @param {number} value */
const about = (value) => String(Number(value.toPrecision(2)));

/**
 * The long tables: against loops, of one row, of small things, and against other libraries.
 *
 * @param {Stored} stored
 */
export function overview(stored) {
  const { machine, measurements, peers } = stored;
  const byId = new Map(measurements.map((measurement) => [measurement.id, measurement]));
  const one = (/** @type {string} */ id) => {
    const found = byId.get(id);
    if (!found) throw new Error(`bench/results.json has no ${id}: npm run bench:write measures it`);
    return found;
  };
  const value = (/** @type {string} */ id) => number(one(id).value);
  const under = (/** @type {string} */ prefix, /** @type {string} */ label) =>
    measurements.filter((m) => m.id.startsWith(prefix) && m.label === label && m.unit === "speedup");
  const speedup = (/** @type {Measurement[]} */ found) => (found.length ? `${range(found.map((m) => m.value))}×` : "");

  const loops = ROWS.map(([title, prefix, throughZero]) => {
    const [resident, plain] = [under(prefix, "resident"), under(prefix, "plain array")];
    const errors = [...resident, ...plain].flatMap(({ error }) => error ?? []);
    const max = Math.max(...errors.map((error) => error.max));
    const p99 = Math.max(...errors.map((error) => error.p99));
    const largest = throughZero ? "(*)" : ulp({ max, p99: max, mean: max });
    return [title, speedup(resident), speedup(plain), max ? `${largest}, ${ulp({ max: p99, p99, mean: p99 })}` : "0"];
  });

  const kinds = ["resident, out given", "plain array, out given", "plain"];
  const rows = ["rms", "layer"].flatMap((layer) =>
    LENGTHS.map((n) => {
      const found = kinds.map((kind) => one(`one-row/${layer}-norm/1x${n}/${kind}`));
      const microseconds = (/** @type {number | undefined} */ time) => number(((time ?? 0) * n) / 1000);
      return [
        `${layer === "rms" ? "RMS" : "layer"} norm of ${n.toLocaleString("en")}`,
        microseconds(found[0].againstTime),
        ...found.map((m) => `${microseconds(m.time)} (${number(m.value)}×)`),
      ];
    }),
  );

  const times = TIMES.map(([title, ids]) => [title, ids.map(value).join(", ")]);
  const spread = one("machine/spread/a loop over itself").spread ?? [1, 1];
  const valuesOf = (/** @type {RegExp} */ ids) => measurements.filter(({ id }) => ids.test(id)).map((m) => m.value);
  const small = valuesOf(/^short-call\/(?!.*plain)/);
  const kernel = valuesOf(/^over-kernel\/.*\/8192\//);
  const channels = ["32x64x56x56", "8x256x14x14"].map((shape) => `channels-last/${shape}/over channels-first`);
  const diagnosed = ["float16", "float32"].map((dtype) => `diagnose/${dtype}/512x768`);
  const many = (/** @type {string[]} */ ids) => ids.map((id) => about(one(id).value)).join(" and ");
  const roofs = [32_768, 6_422_528].map((n) => `machine/roof/${n}`);
  return `Against JavaScript loops with float64 accumulators, unrolled by hand, contenders taking turns in one process (medians of
${roundsText(stored)} rounds; n = 30,000 and 1,000,000 where no shape is given). ${machineText(machine)};
a loop measured against itself is between ${spread.map((value) => value.toFixed(2)).join(" and ")} half of the time:

${table(["", "resident:", "plain arrays:", "error, ulp: largest, 99 %:"], loops)}

(*) y·weight + bias passes through zero, where no fixed number of ulp is kept.

One row, as in a model that decodes token by token: microseconds of a call, and how many times as fast it is as a plain loop.

${table(["", "loop:", "resident, `out` given:", "plain, `out` given:", "plain:"], rows)}

${table(["nanoseconds per element, on resident tensors", ":"], times)}

- A call on 16 resident numbers takes ${about(Math.min(...small))} to ${about(Math.max(...small))} µs. Reductions of 8,192 resident numbers run at \
${about(Math.min(...kernel))} to ${about(Math.max(...kernel))} of the speed of
  their kernels.
- Channels last takes ${many(channels)} times as long as channels first on the batch norms above.
- Emulated layer norm takes ${many(["layer-norm-bfloat16/512x768/over float16"])} times as long in bfloat16 as in float16.
- A diagnosis of 512×768 whose verdict is "ok" takes ${many(diagnosed.map((id) => `${id}/over native layer norm`))} times as long as the native layer norm of the
  same float16 and float32 data, with every remedy ${many(diagnosed.map((id) => `${id}/every remedy`))} times.
- The command line takes ${many(["command-line/many-tensors"])} times as long for 2,000 tensors of 16 elements as for 500.
- Import and first result add ${many(["first-result/root"])} of the time that Node takes to start by itself, with \`halfnorm/layers\` \
${many(["first-result/layers"])}.
- Nothing but loading takes ${many(roofs.map((id) => `${id}/loads`))} ns per element in the cache of the second level and from memory, loading and
  storing ${many(roofs.map((id) => `${id}/loads and stores`))}.
${peersText(peers)}`;
}

/** @param {Stored["peers"]} peers */
function peersText(peers) {
  if (peers.length === 0) return "";
  return `
The same operations in other libraries, nanoseconds per element; data is resident, or copied in and out at every call:

${peersTable(peers)}`;
}

/**
 * Other libraries side by side.
 *
 * @param {Stored["peers"]} peers
 */
export function peersTable(peers) {
  // what is the same in the tables above is left out
  const shown = peers.filter(({ name }) => !/out given|loop/.test(name));
  const titleOf = (/** @type {import("./stored.mjs").PeerLine} */ { name, data }) =>
    `${name.replace(/, .*/, "")}, ${data}`;
  const libraries = grouped(shown, titleOf).map(([title]) => title);
  const rows = grouped(shown, ({ operation, shape }) => `${operation}, ${shape}`).map(([title, lines]) => [
    title,
    ...libraries.map((library) => {
      const time = lines.find((line) => titleOf(line) === library)?.time;
      return time === undefined ? "" : number(time);
    }),
  ]);
  return table(["", ...libraries.map((library) => `${library}:`)], rows);
}
