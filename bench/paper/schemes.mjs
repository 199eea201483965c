/** Training on clean labels: statements 12, 13 and 16. */

import { verdict } from "./statement.mjs";
import { change, estimate, fixed, isNoise, mean, nameOf, paired, standardError } from "./summary.mjs";

/**
 * @typedef {import("./plain-norms.mjs").Normalizer} Normalizer
 * @typedef {import("./statement.mjs").Statement} Statement
 * @typedef {import("./statement.mjs").Context} Context
 * @typedef {import("./training.mjs").Setting} Setting
 * @typedef {import("./training.mjs").Outcome} Outcome
 */

/** The accuracies that count as final: those of the last epochs. */
const LAST = 5;

/** @param {Outcome} outcome */
export const finalAccuracy = ({ accuracy }) => mean(accuracy.slice(-LAST));

const RATE = 0.1;

/** @param {{ quick: boolean }} context */
const epochsOf = ({ quick }) => (quick ? 6 : 30);

/**
 * @param {Context} context
 * @param {{ epochs?: number, rate?: number | string }} [options]
 */
const setup = (context, { epochs = epochsOf(context), rate = RATE } = {}) =>
  [
    `1,280 images to train, the others to test, 64-64-10 perceptron, batches of 128, rate ${rate}, momentum`,
    `0.9, ${epochs} epochs, ${context.seeds.length} paired seeds (division, first weights and order of the`,
    "images)",
  ].join(" ");

/**
 * One outcome for each seed.
 * @param {Context} context
 * @param {Omit<Setting, "seed" | "epochs"> & { epochs?: number }} setting
 */
async function outcomes(context, setting) {
  const jobs = context.seeds.map((seed) => [{ rate: RATE, epochs: epochsOf(context), ...setting, seed }]);
  return (await context.train(jobs)).map(([outcome]) => outcome);
}

/** @type {Normalizer[]} */
const SCHEMES = ["l2", "l1", "linf", { topk: 10 }, "range", { lp: 3 }];

/** @type {Statement} */
const clean = {
  id: 12,
  title: "All schemes on clean data",
  claim: "All schemes end within noise of each other on the digits, at 97.8 to 98.1 %.",
  async examine(context) {
    const all = await Promise.all(SCHEMES.map((norm) => outcomes(context, { norm })));
    const final = all.map((each) => each.map(finalAccuracy));
    const differences = final.map((each) => paired(each, final[0]));
    const apart = SCHEMES.filter((_, i) => i > 0 && !isNoise(differences[i]));
    const means = final.map(mean);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    return {
      verdict: verdict(apart.length === 0, high - low < 0.5),
      measured: [
        `${fixed(low)} to ${fixed(high)} %,`,
        `${apart.length ? `${apart.map(nameOf).join(", ")} apart from L2` : "each within three standard errors of L2"}`,
      ],
      how: `${setup(context)}. Accuracy on the test part, mean of the last ${LAST} epochs; differences are paired.`,
      tables: [
        {
          columns: ["norm", "accuracy, %", "difference to L2", "training loss"],
          rows: SCHEMES.map((norm, i) => [
            nameOf(norm),
            estimate(final[i]),
            i ? change(differences[i]) : "",
            estimate(
              all[i].map(({ loss }) => loss[loss.length - 1]),
              4,
            ),
          ]),
        },
      ],
    };
  },
};

const RATES = [0.03, 0.1, 0.3];

/** @type {Statement} */
const factor = {
  id: 13,
  title: "The factor of L1",
  claim: "With the right factor √(π/2), L1 trains at least as well early on as with four times it or a quarter of it.",
  async examine(context) {
    const factors = [1, 4, 0.25];
    const names = ["√(π/2)", "4·√(π/2)", "√(π/2)/4"];
    const early = [1, 2, 3, 5];
    const all = await Promise.all(
      RATES.map((rate) =>
        Promise.all(factors.map((f) => outcomes(context, { norm: "l1", rate, factor: f, epochs: Math.max(...early) }))),
      ),
    );
    /** @type {(rate: number, factor: number, epoch: number) => number[]} */
    const losses = (rate, factor, epoch) => all[rate][factor].map(({ loss }) => loss[epoch - 1]);
    // loss more than with the right factor: negative means that the other one is better
    /** @type {(rate: number, factor: number) => number[][]} */
    const more = (rate, factor) => early.map((epoch) => paired(losses(rate, factor, epoch), losses(rate, 0, epoch)));
    const right = RATES.map((_, rate) =>
      [1, 2].map((other) => more(rate, other).every((d) => mean(d) >= -2 * standardError(d))),
    );
    const sums = RATES.map((_, rate) => early.reduce((sum, epoch) => sum + mean(losses(rate, 0, epoch)), 0));
    const best = sums.indexOf(Math.min(...sums));
    const ahead = RATES.flatMap((rate, i) =>
      names.slice(1).flatMap((name, j) => (right[i][j] ? [] : `${name} at ${rate}`)),
    );
    const everywhere = ahead.length === 0;
    return {
      verdict: verdict(everywhere, right[best].every(Boolean)),
      measured: [
        `at rate ${RATES[best]}, the best for it, the right factor has`,
        right[best].every(Boolean) ? "the lowest training losses" : "not the lowest training losses",
        everywhere ? "as at the other rates" : `(at other rates others are ahead: ${ahead.join(", ")})`,
      ],
      how: [
        `${setup(context, { epochs: Math.max(...early), rate: "as given" })}. The factor multiplies S; the`,
        `learnable gain starts at 1 all the same. "At least as well": mean losses not lower by more than`,
        "two standard errors in any of the epochs shown.",
      ],
      tables: [
        {
          columns: [
            "factor",
            "rate",
            ...early.map((epoch) => `loss, epoch ${epoch}`),
            "accuracy, epoch 1, %",
            "epoch 3",
          ],
          rows: RATES.flatMap((rate, i) =>
            names.map((name, j) => [
              name,
              String(rate),
              ...early.map((epoch) => estimate(losses(i, j, epoch), 3)),
              ...[1, 3].map((epoch) => {
                const percent = all[i][j].map(({ accuracy }) => accuracy[epoch - 1]);
                return estimate(percent, 1);
              }),
            ]),
          ),
        },
      ],
      remarks: everywhere
        ? undefined
        : [
            "A quarter of the factor makes outputs four times as large, and so the gradients of the last layer: it",
            "works as a larger rate, which helps where the rate was small.",
          ],
    };
  },
};

/** @type {Statement} */
const bounded = {
  id: 16,
  title: "Bounded weight norm in training",
  claim: "Bounded weight norm with mean-only batch norm trains without decay, level with batch norm.",
  authors:
    "ResNet-50 on ImageNet: error 25.97 % with batch norm, 28.25 with bounded weight norm, 33.0 with weight norm.",
  async examine(context) {
    /** @type {{ name: string, setting: Pick<Setting, "norm" | "bounded"> }[]} */
    const arms = [
      { name: "batch norm, L2", setting: { norm: "l2" } },
      { name: "bounded weight norm, mean-only batch norm", setting: { norm: "none", bounded: true } },
      { name: "mean-only batch norm alone", setting: { norm: "none" } },
    ];
    const all = await Promise.all(
      RATES.map((rate) => Promise.all(arms.map(({ setting }) => outcomes(context, { ...setting, rate })))),
    );
    const final = all.map((each) => each.map((runs) => runs.map(finalAccuracy)));
    const differences = final.map(([batch, weights]) => paired(weights, batch));
    const level = differences.map((d) => isNoise(d) || mean(d) > 0);
    const trains = final.every(([, weights]) => mean(weights) > 95);
    return {
      verdict: verdict(trains && level.every(Boolean), trains && differences.every((d) => mean(d) > -1)),
      measured: [
        "differences to batch norm",
        `${differences.map((d, i) => `${change(d)} (rate ${RATES[i]})`).join(", ")} points, at`,
        `${fixed(Math.min(...final.map(([, w]) => mean(w))))} to`,
        `${fixed(Math.max(...final.map(([, w]) => mean(w))))} %`,
      ],
      how: [
        `${setup(context, { rate: "as given" })}, no decay. ρ = ‖V₀‖_F/√N. Accuracy on the test part, mean`,
        `of the last ${LAST} epochs; differences are paired.`,
      ],
      tables: [
        {
          columns: ["", "rate", "accuracy, %", "difference to batch norm", "training loss"],
          rows: RATES.flatMap((rate, i) =>
            arms.map(({ name }, j) => [
              name,
              String(rate),
              estimate(final[i][j]),
              j ? change(paired(final[i][j], final[i][0])) : "",
              estimate(
                all[i][j].map(({ loss }) => loss[loss.length - 1]),
                4,
              ),
            ]),
          ),
        },
      ],
      remarks: [
        "Where mean-only batch norm alone is level too, a network of one hidden layer does not show what bounding its",
        "weights is good for.",
      ],
    };
  },
};

export const SCHEME_STATEMENTS = [clean, factor, bounded];
