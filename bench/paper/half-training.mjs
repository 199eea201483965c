/** Training with float16 arithmetic inside the normalization: statement 11. */

import { verdict } from "./statement.mjs";
import { change, estimate, fixed, mean, nameOf, paired, standardError } from "./summary.mjs";

/**
 * @typedef {import("./plain-norms.mjs").Norm} Norm
 * @typedef {import("../../dist/index.js").Arithmetic} Arithmetic
 * @typedef {import("./training.mjs").Outcome} Outcome
 *
 * @typedef {object} Arm
 * @property {Norm} norm
 * @property {"float32" | "float16" | "float16, float32 sums"} arithmetic
 */

/** @type {Record<Arm["arithmetic"], Arithmetic | undefined>} */
const ARITHMETIC = {
  float32: undefined,
  float16: "float16",
  "float16, float32 sums": { compute: "float16", accumulate: "float32" },
};
/** Powers of two: in float32 the runs are the same to the bit. */
const SCALES = [2 ** -12, 2 ** -6, 1, 16, 64, 256, 1024];
/** Of weights, and of inputs, that statement 11 is decided by. */
const LARGE = 64;
/** Gradients of outputs are of the order of 1e-4, those of inputs are divided by α: halfway between what both need. */
const lossScale = (/** @type {number} */ alpha) => 1024 * Math.sqrt(alpha);
/** Below it a network has not learnt: ten classes, and everything else is above 90 %. */
const LEARNT = 50;
const MOST_SEEDS = 4;

/** @type {Arm[]} */
const ARMS = [
  { norm: "l2", arithmetic: "float32" },
  { norm: "l1", arithmetic: "float32" },
  { norm: { topk: 10 }, arithmetic: "float32" },
  { norm: "l2", arithmetic: "float16" },
  { norm: "l2", arithmetic: "float16, float32 sums" },
  { norm: "l1", arithmetic: "float16" },
  { norm: "l1", arithmetic: "float16, float32 sums" },
  { norm: "linf", arithmetic: "float16" },
  { norm: { topk: 10 }, arithmetic: "float16" },
  { norm: { topk: 10 }, arithmetic: "float16, float32 sums" },
];

/** @param {Outcome} outcome */
const accuracy = ({ accuracy }) => accuracy[accuracy.length - 1];

/** @param {readonly Outcome[]} outcomes */
function cell(outcomes) {
  const final = outcomes.map(accuracy);
  const broken = outcomes.filter(({ loss }) => loss.some(Number.isNaN)).length;
  if (broken) return broken === outcomes.length ? "NaN" : `NaN in ${broken} of ${outcomes.length}`;
  return final.length > 1 ? estimate(final, 1) : fixed(final[0], 1);
}

/** @type {import("./statement.mjs").Statement} */
export const HALF_TRAINING = {
  id: 11,
  title: "Training in float16",
  claim: [
    "A network whose weights are scaled up trains with L1 and top-10 batch norm in float16 and fails with L2, while all",
    "agree in float32.",
  ],
  authors: [
    "ResNet-18 on ImageNet in half precision: L1 batch norm follows the float32 baseline (error 34.1 against 33.4 % at",
    "epoch 119); L2 diverges even with float32 accumulation.",
  ],
  async examine(context) {
    const seeds = context.seeds.slice(0, context.quick ? 1 : MOST_SEEDS);
    const epochs = context.quick ? 2 : 8;
    const scales = context.quick ? [1, LARGE] : SCALES;
    /** @type {(arm: Arm, scale: number, what: "weightScale" | "inputScale") => Promise<Outcome[]>} */
    const outcomes = async ({ norm, arithmetic }, scale, what) => {
      const half = arithmetic === "float32" ? {} : { arithmetic: ARITHMETIC[arithmetic], lossScale: lossScale(scale) };
      const jobs = seeds.map((seed) => [{ seed, epochs, norm, eps: 0, [what]: scale, ...half }]);
      return (await context.train(jobs)).map(([outcome]) => outcome);
    };
    const weights = await Promise.all(
      ARMS.map((arm) => Promise.all(scales.map((scale) => outcomes(arm, scale, "weightScale")))),
    );
    const inputs = await Promise.all(ARMS.map((arm) => outcomes(arm, LARGE, "inputScale")));

    /** @type {(norm: string, arithmetic: Arm["arithmetic"]) => number} */
    const find = (name, arithmetic) =>
      ARMS.findIndex((arm) => nameOf(arm.norm) === name && arm.arithmetic === arithmetic);
    const large = scales.indexOf(LARGE);
    const one = scales.indexOf(1);
    /** @type {(arm: number, scale: number) => number[]} */
    const final = (arm, scale) => weights[arm][scale].map(accuracy);
    const single = find("L2", "float32");
    const identical = [0, 1, 2].every((arm) =>
      weights[arm].every(
        (each) =>
          JSON.stringify(each.map(({ loss }) => loss)) === JSON.stringify(weights[arm][one].map(({ loss }) => loss)),
      ),
    );
    const agree = close(final(find("L1", "float32"), large), final(single, large));
    const fails =
      Math.max(...final(find("L2", "float16"), large), ...inputs[find("L2", "float16")].map(accuracy)) < LEARNT;
    const trains = ["L1", "top-10"].map((name) => {
      const [half, full] = [find(name, "float16"), find(name, "float32")];
      return (
        close(final(half, large), final(full, large)) && close(inputs[half].map(accuracy), inputs[full].map(accuracy))
      );
    });
    const summary = ["L1", "top-10"].map((name) => {
      const [half, full] = [find(name, "float16"), find(name, "float32")].map((arm) => final(arm, large));
      return `${name} ${fixed(mean(half), 1)} % (${difference(half, full)} to float32)`;
    });
    return {
      verdict: verdict(agree && fails && trains.every(Boolean) && identical, fails && trains.some(Boolean)),
      measured: [
        `weights times ${LARGE} in float16: L2 ${fixed(mean(final(find("L2", "float16"), large)), 1)} %,`,
        `${summary.join(", ")}; in float32 L2 ${fixed(mean(final(single, large)), 1)} %, L1`,
        `${fixed(mean(final(find("L1", "float32"), large)), 1)} %`,
      ],
      how: [
        `64-64-10 perceptron, batches of 128, momentum 0.9, eps = 0, ${epochs} epochs, ${seeds.length}`,
        "paired seeds. The weights before batch norm are multiplied by α when training starts, and their",
        "rate (0.1) by α², so that in exact arithmetic nothing changes (statement 1). `batchNorm` and",
        "`batchNormBackward` run in the given arithmetic, every operation rounded; everything else is",
        "float32, and so are the running statistics. The loss is scaled by 1024·√α where the arithmetic is",
        "float16. Accuracy on the test part after the last epoch, in percent; NaN where the loss became",
        "NaN.",
      ],
      tables: [
        {
          columns: [
            "batch norm",
            "arithmetic",
            ...scales.map((scale) => `α = ${scale < 1 ? `2^${Math.log2(scale)}` : scale}`.replace("-", "−")),
            `inputs × ${LARGE}`,
          ],
          rows: ARMS.map((arm, i) => [nameOf(arm.norm), arm.arithmetic, ...weights[i].map(cell), cell(inputs[i])]),
        },
      ],
      remarks: [
        identical
          ? "In float32 the losses for all α are the same to the bit, as powers of two change nothing."
          : "In float32 the losses for the various α are not the same to the bit.",
        "10 % is chance: where L2 gives it without a NaN, the variance has overflowed, S is infinite, every output",
        "is the shift alone, and no infinity is left to see. Where L1, L∞ and top-10 fail with float16 sums, it is",
        "the sum for the mean or for S that has overflowed; with float32 sums they go on to the limit of the values.",
        "L2 fails with float32 sums as well, because single squares overflow; at α = 2^−12 they underflow, and S is 0.",
      ],
    };
  },
};

/**
 * Within three standard errors, or half a point.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
function close(a, b) {
  const d = paired(a, b);
  return Math.abs(mean(d)) <= Math.max(d.length > 1 ? 3 * standardError(d) : 0, 0.5);
}

/**
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
function difference(a, b) {
  const d = paired(a, b);
  return d.length > 1 ? change(d) : `${d[0] >= 0 ? "+" : ""}${fixed(d[0])}`;
}
