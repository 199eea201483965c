/**
 * The calls of the soak: every public function, on tensors in every form, with and without `out`, with options that are right
 * and with some that are refused. How often one is made goes by what it takes.
 */

import * as halfnorm from "../../dist/index.js";
import { FORMS } from "./inputs.mjs";

/**
 * @typedef {import("./inputs.mjs").Input} Input
 * @typedef {ReturnType<typeof import("./inputs.mjs").choices>} Choices
 *
 * @typedef {object} Call
 * @property {string[]} uses the public functions that it is a call of
 * @property {number} weight how often it is made, against the others
 * @property {(input: Input, choices: Choices) => unknown} make what it returns is disposed of
 */

/** @type {Record<string, any>} */
const PUBLIC = { ...halfnorm };

// powers take ten times as long as the others
const QUICK = ["l1", "linf", "range", { topk: 1 }, "l1", "l2", undefined];
/** @type {any[]} */
const NORMS = [...QUICK, ...QUICK, ...QUICK, { lp: 3 }];
const ARITHMETICS = ["float16", "bfloat16", { compute: "float16", accumulate: "float32" }];
const LAYERS = /** @type {const} */ (["batchNorm", "layerNorm", "instanceNorm", "groupNorm", "rmsNorm"]);
const ROW_LAYERS = ["layerNorm", "rmsNorm"];

/** What is refused, in the place of what stands in the options, or beside it. */
const REFUSED = [
  { norm: "l7" },
  { norm: { topk: 0 } },
  { axis: 4 },
  { axis: "1" },
  { eps: -1 },
  { out: new Float32Array(5) },
  { weight: new Float32Array(1000) },
  { arithmetic: "float12" },
  { what: 1 },
];

/**
 * Options of a layer.
 * @param {string} name
 * @param {Input} input
 * @param {Choices} choices
 */
function optionsOf(name, input, { pick, chance }) {
  const rows = ROW_LAYERS.includes(name);
  return {
    norm: pick(NORMS),
    axis: rows ? -1 : 1,
    ...(name === "groupNorm" && { groups: chance(0.5) ? 1 : input.shape[1] }),
    ...(chance(0.3) && { weight: rows ? input.perColumn : input.perChannel }),
    ...(chance(0.05) && { arithmetic: pick(ARITHMETICS) }),
  };
}

/**
 * A call that has to be refused, by a TypeError or a RangeError.
 * @param {() => unknown} call
 */
function refused(call) {
  try {
    call();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return;
    throw error;
  }
  throw new Error("what is to be refused was taken");
}

/** @type {Call[]} */
const LAYER_CALLS = LAYERS.map((name) => ({
  uses: [name],
  weight: 100,
  make: (input, choices) => {
    const { pick, chance } = choices;
    const form = pick(FORMS);
    const options = optionsOf(name, input, choices);
    const call = PUBLIC[name];
    if (chance(0.05)) return refused(() => call(input.x[form], { ...options, ...pick(REFUSED) }));
    if (chance(0.5)) {
      call(input.x[form], { ...options, out: input.out[form] });
      return undefined;
    }
    return call(input.x[form], options);
  },
}));

/** @type {Call[]} */
const BACKWARD_CALLS = LAYERS.map((layer) => {
  const name = /** @type {const} */ (`${layer}Backward`);
  return {
    uses: [name],
    weight: 15,
    make: (input, choices) => {
      const form = choices.pick(FORMS);
      const call = PUBLIC[name];
      const options = optionsOf(layer, input, choices);
      if (choices.chance(0.05)) return refused(() => call(input.x[form], input.x[form], { ...options, axis: 9 }));
      return call(input.x[form], input.x.plain, options);
    },
  };
});

/** @type {Call[]} */
const WEIGHT_CALLS = [
  ...["weightNorm", "boundedWeightNorm"].map((name) => ({
    uses: [name],
    weight: 30,
    make: (/** @type {Input} */ { x, perSample }, /** @type {Choices} */ { pick }) =>
      PUBLIC[name](x[pick(FORMS)], { g: perSample, norm: pick(NORMS) }),
  })),
  ...["weightNormBackward", "boundedWeightNormBackward"].map((name) => ({
    uses: [name],
    weight: 10,
    make: (/** @type {Input} */ { x, perSample }, /** @type {Choices} */ { pick }) =>
      PUBLIC[name](x.plain, x[pick(FORMS)], { g: perSample, norm: pick(NORMS) }),
  })),
  {
    uses: ["lpNormalize"],
    weight: 30,
    make: ({ x }, { pick }) => halfnorm.lpNormalize(x[pick(FORMS)], { norm: pick(NORMS), axis: pick([-1, 0, 1]) }),
  },
  { uses: ["channelNorms"], weight: 10, make: ({ x }, { pick }) => halfnorm.channelNorms(x[pick(FORMS)]) },
  {
    uses: ["rescaleToNorms"],
    weight: 10,
    make: ({ x, perSample }, { pick }) => halfnorm.rescaleToNorms(x[pick(FORMS)], { norms: perSample }),
  },
  {
    uses: ["correctedLearningRate", "effectiveStepSize", "normSchedule"],
    weight: 10,
    make: ({ perSample }) => {
      halfnorm.effectiveStepSize(0.1, halfnorm.normSchedule([perSample, perSample])(0.5));
      halfnorm.correctedLearningRate(0.1, perSample, perSample);
    },
  },
];

/** @type {Call[]} */
const REDUCTION_CALLS = [
  ...["norm", "mean"].map((name) => ({
    uses: [name],
    weight: 80,
    make: (/** @type {Input} */ { x }, /** @type {Choices} */ { pick, chance }) => {
      const options = { axes: pick([undefined, 1, [0, 2, 3], -1]), keepDims: chance(0.5) };
      const call = PUBLIC[name];
      if (chance(0.05)) return refused(() => call(x.plain, { ...options, axes: 9 }));
      return call(x[pick(FORMS)], name === "norm" ? { ...options, norm: pick(NORMS) } : options);
    },
  })),
  {
    uses: ["statistics"],
    weight: 40,
    make: ({ x }, { pick, chance }) =>
      halfnorm.statistics(x[pick(FORMS)], {
        norm: /** @type {any} */ (pick(NORMS)),
        axes: pick([undefined, 1, [0, 2, 3]]),
        calibrated: chance(0.5),
      }),
  },
  {
    uses: ["partial", "PartialStatistics"],
    weight: 4,
    make: ({ x }, { pick }) => {
      const gathered = halfnorm.partial("l2", { axis: 1 }).add(x[pick(FORMS)]).add(x.plain);
      const other = halfnorm.PartialStatistics.from(JSON.parse(JSON.stringify(gathered)));
      return other.merge(gathered).result();
    },
  },
];

/** @type {Call[]} */
const CONVERSION_CALLS = [
  {
    uses: ["toFloat16"],
    weight: 40,
    make: ({ x, out }, { chance }) =>
      chance(0.5)
        ? void halfnorm.toFloat16(x.plain, { out: out.half })
        : halfnorm.toFloat16(chance(0.5) ? x.plain : x.resident),
  },
  {
    uses: ["fromFloat16"],
    weight: 40,
    make: ({ x }, { pick }) => halfnorm.fromFloat16(pick([x.half, x["resident half"]])),
  },
  {
    uses: ["round", "float32", "float16", "bfloat16", "tfloat32", "float8_e4m3fn", "float8_e5m2"],
    weight: 20,
    make: ({ x }, { pick }) =>
      halfnorm.round(
        x[pick(FORMS)],
        pick([halfnorm.float16, halfnorm.bfloat16, halfnorm.tfloat32, halfnorm.float8_e4m3fn, halfnorm.float8_e5m2]),
        { mode: pick([undefined, "up", "odd", "stochastic"]) },
      ),
  },
  { uses: ["trelu"], weight: 20, make: ({ x }, { pick }) => halfnorm.trelu(x[pick(FORMS)]) },
  {
    uses: ["format"],
    weight: 10,
    make: (_, { chance }) => {
      if (chance(0.5)) return refused(() => halfnorm.format({ precision: 99, emin: -10, emax: 10 }));
      halfnorm.format({ precision: 5, emin: -10, emax: 10 });
      return undefined;
    },
  },
];

/** @type {Call[]} */
const TENSOR_CALLS = [
  {
    uses: ["tensor", "Tensor"],
    weight: 40,
    make: ({ data, shape }, { chance }) => {
      if (chance(0.1)) return refused(() => halfnorm.tensor(data, [...shape, 2]));
      return halfnorm.tensor(data, shape);
    },
  },
  { uses: ["empty"], weight: 40, make: ({ shape }) => halfnorm.empty(shape, "float16") },
  { uses: ["memory"], weight: 10, make: () => void halfnorm.memory() },
  {
    uses: ["tidy"],
    weight: 20,
    make: ({ x }) => halfnorm.tidy(() => halfnorm.layerNorm(halfnorm.layerNorm(x.resident))),
  },
  // forgotten: the garbage collector has to come for it
  { uses: ["tensor"], weight: 1, make: ({ data, shape }) => void halfnorm.tensor(data, shape) },
  {
    uses: ["tensor"],
    weight: 10,
    make: ({ data, shape }) => {
      const gone = halfnorm.tensor(data, shape);
      gone.dispose();
      return refused(() => halfnorm.layerNorm(gone));
    },
  },
];

/** @type {Call[]} */
const RARE_CALLS = [
  {
    uses: ["BatchNorm", "batchNorm"],
    weight: 4,
    make: ({ x, shape, perChannel }, { pick, chance }) => {
      const layer = new halfnorm.BatchNorm({ channels: shape[1], norm: pick(["l1", "l2"]), weight: perChannel });
      const y = layer.train(x[pick(FORMS)]);
      const kept = chance(0.5) ? layer : halfnorm.BatchNorm.from(JSON.parse(JSON.stringify(layer.state())));
      return [y, layer.backward(x.plain), kept.infer(x[pick(FORMS)])];
    },
  },
  {
    uses: ["foldBatchNorm"],
    weight: 4,
    make: ({ x, perSample }, { pick }) =>
      halfnorm.foldBatchNorm({ weight: x[pick(FORMS)] }, { mean: perSample, deviation: perSample }),
  },
  {
    uses: ["diagnose", "formatDiagnosis"],
    weight: 0.3,
    make: ({ x }, { pick }) => {
      const found = halfnorm.diagnose(x[pick(FORMS)], { arithmetic: "float16", axes: [-1], norm: pick(["l1", "l2"]) });
      halfnorm.formatDiagnosis(found, { color: false });
    },
  },
  {
    uses: ["compare", "formatComparison"],
    weight: 1,
    make: ({ x }, { pick }) => void halfnorm.formatComparison(halfnorm.compare(x[pick(FORMS)], x.plain)),
  },
  // an instance of one's own: compiled anew, and gone with its memory
  {
    uses: ["load"],
    weight: 0.005,
    make: async ({ data, shape }) => {
      const own = await halfnorm.load();
      own.layerNorm(own.tensor(data, shape));
    },
  },
];

export const CALLS = [
  ...LAYER_CALLS,
  ...BACKWARD_CALLS,
  ...WEIGHT_CALLS,
  ...REDUCTION_CALLS,
  ...CONVERSION_CALLS,
  ...TENSOR_CALLS,
  ...RARE_CALLS,
];

/** Public functions and classes that no call uses. */
export function unused() {
  const used = new Set(CALLS.flatMap(({ uses }) => uses));
  return Object.entries(halfnorm).flatMap(([name, value]) =>
    typeof value === "function" && !used.has(name) ? [name] : [],
  );
}

/**
 * Disposes of the tensors in a result: itself, or what it is made of.
 * @param {unknown} result
 */
export function disposeOf(result) {
  if (result instanceof halfnorm.Tensor) result.dispose();
  else if (Array.isArray(result)) for (const each of result) disposeOf(each);
  else if (typeof result === "object" && result && !("shape" in result)) {
    for (const each of Object.values(result)) if (each instanceof halfnorm.Tensor) each.dispose();
  }
}
