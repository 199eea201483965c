/** Statements on float16 that need no training: 9 and 10. */

import { norm as normOf, statistics } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { exactSum } from "../harness/exact.mjs";
import { verdict } from "./statement.mjs";
import { fixed, mean, nameOf, scientific } from "./summary.mjs";

/**
 * @typedef {import("./plain-norms.mjs").Norm} Norm
 * @typedef {import("../../dist/index.js").Arithmetic} Arithmetic
 * @typedef {import("./statement.mjs").Statement} Statement
 *
 * @typedef {object} Claim
 * @property {Norm} norm
 * @property {"float16" | "float32"} accumulate
 * @property {number} low least σ that is called usable
 * @property {number} high largest
 * @property {boolean} [more] the range is at least that
 */

const N = 256;
/** @type {Claim[]} */
const CLAIMS = [
  { norm: "l2", accumulate: "float32", low: 2.4e-4, high: 60 },
  { norm: "l2", accumulate: "float16", low: 2.4e-4, high: 16 },
  { norm: "l1", accumulate: "float16", low: 6e-5, high: 320 },
  { norm: "linf", accumulate: "float16", low: 6e-5, high: 8000, more: true },
  { norm: { topk: 10 }, accumulate: "float16", low: 6e-5, high: 8000, more: true },
  { norm: "l1", accumulate: "float32", low: 6e-5, high: 320, more: true },
  { norm: "linf", accumulate: "float32", low: 6e-5, high: 8000, more: true },
  { norm: { topk: 10 }, accumulate: "float32", low: 6e-5, high: 8000, more: true },
];

/**
 * The range of σ, among σ_i = 2^(i/steps), in which the relative error of the deviation is small:
 * for half of the groups, and for all.
 * @param {Claim} claim
 * @param {number} groups
 * @param {number} steps for each power of two
 */
function usable({ norm, accumulate }, groups, steps) {
  const z = normal(groups * N, 9);
  /** @type {Arithmetic} */
  const arithmetic = { compute: "float16", accumulate };
  const ranges = {
    most: [Number.POSITIVE_INFINITY, 0],
    all: [Number.POSITIVE_INFINITY, 0],
  };
  for (let i = -24 * steps; i <= 15 * steps; i++) {
    const sigma = 2 ** (i / steps);
    const x = { data: z.map((v) => v * sigma), shape: [groups, N] };
    const exact = statistics(x, { norm, axes: 1 }).deviation.data;
    const found = statistics(x, { norm, axes: 1, arithmetic }).deviation.data;
    const errors = found
      .map((s, g) => (Number.isFinite(s) ? Math.abs(s / exact[g] - 1) : Number.POSITIVE_INFINITY))
      .sort();
    for (const [key, error, limit] of /** @type {const} */ ([
      ["most", errors[groups / 2], 0.25],
      ["all", errors[groups - 1], 0.01],
    ])) {
      if (error > limit) continue;
      ranges[key] = [Math.min(ranges[key][0], sigma), Math.max(ranges[key][1], sigma)];
    }
  }
  return ranges;
}

/** @type {Statement} */
const range = {
  id: 9,
  title: "Usable range of σ",
  claim: [
    "In float16 at n = 256, eps = 0: L2 from 2.4e-4 to 60 (16 with float16 sums), L1 from 6e-5 to 320, L∞",
    "and top-10 from 6e-5 to at least 8,000.",
  ],
  examine({ quick }) {
    const [groups, steps] = quick ? [32, 2] : [256, 4];
    const found = CLAIMS.map((claim) => ({ claim, ...usable(claim, groups, steps) }));
    // room for what "usable" is taken to mean
    const slack = 1.4;
    const checked = found.map(({ claim, most: [low, high] }) => ({
      claim,
      holds: low < claim.low * slack && high > claim.high / slack && (claim.more || high < claim.high * slack),
    }));
    const failed = checked.filter(({ holds }) => !holds);
    const order = found[2].most[1] / found[1].most[1];
    const [most, all] = found.filter(({ claim }) => claim.norm === "linf").map(({ most }) => most[1]);
    return {
      verdict: verdict(failed.length === 0, order > 10),
      measured: [
        `largest σ: L2 ${upTo(found[0].most)} (${upTo(found[1].most)} with float16 sums), L1`,
        `${upTo(found[2].most)}, L∞ ${scientific(most)} (${scientific(all)} with float32 sums)`,
      ],
      how: [
        `\`statistics\` of ${groups} groups of ${N} normal values, σ in steps of 2^(1/${steps}), products`,
        "and other operations in float16: where the deviation is within 25 % of the exact one for half of",
        "the groups, and where within 1 % for all of them.",
      ],
      tables: [
        {
          columns: ["norm", "sums in", "stated", "half within 25 %", "all within 1 %"],
          rows: found.map(({ claim, most, all }) => [
            nameOf(claim.norm),
            claim.accumulate,
            `${scientific(claim.low)} to ${claim.more ? "≥ " : ""}${scientific(claim.high)}`,
            `${scientific(most[0])} to ${upTo(most)}`,
            `${scientific(all[0])} to ${upTo(all)}`,
          ]),
        },
      ],
      remarks: failed.length
        ? [
            `Not within a factor of ${slack} of what is stated:`,
            `${failed.map(({ claim }) => `${nameOf(claim.norm)} with ${claim.accumulate} sums`).join(", ")}.`,
            "Every norm needs the mean first: the sum of 256 values of random sign is some 16 σ, and in float16 it",
            "overflows from σ = 1,000 or so on in the worst of the groups, whatever the norm; the sum of the ten largest is",
            "23 σ. With float32 sums L∞ and top-10 reach the limit of the values themselves.",
          ]
        : undefined,
    };
  },
};

/** @param {number[]} range */
const upTo = ([, high]) => scientific(high);

/** Shares of the true sum of |z| that a sequential sum gives, by n. */
const STAGNATION = new Map([
  [4096, 0.91],
  [16384, 0.46],
  [65536, 0.16],
]);

/** @type {Statement} */
const sums = {
  id: 10,
  title: "Stagnation",
  claim: [
    "Sequential float16 sums of |d| stagnate, at σ = 1 at 0.91 of the true sum for n = 4,096, 0.46 for",
    "16,384, 0.16 for 65,536; pairwise sums stay within 0.1 %.",
  ],
  examine({ quick }) {
    const groups = quick ? 4 : 32;
    let [stagnates, pairwiseHolds] = [true, true];
    const rows = [...STAGNATION].map(([n, stated]) => {
      const data = normal(groups * n, n);
      const exact = Array.from({ length: groups }, (_, g) => {
        const row = data.subarray(g * n, (g + 1) * n);
        return exactSum(n, (i) => Math.abs(row[i]));
      });
      const [sequential, lanes, pairwise] = /** @type {const} */ (["sequential", "lanes", "pairwise"]).map((order) => {
        const arithmetic = { compute: /** @type {const} */ ("float16"), order };
        const sum = normOf({ data, shape: [groups, n] }, { norm: "l1", axes: 1, arithmetic }).data;
        return [...sum].map((v, g) => v / exact[g]);
      });
      if (Math.abs(mean(sequential) - stated) > 0.01) stagnates = false;
      if (Math.abs(mean(pairwise) - 1) > 0.001) pairwiseHolds = false;
      const worst = Math.max(...pairwise.map((v) => Math.abs(v - 1)));
      return [
        n.toLocaleString("en"),
        fixed(stated),
        fixed(mean(sequential), 3),
        fixed(mean(lanes), 4),
        fixed(mean(pairwise), 5),
        `${fixed(100 * worst, 3)} %`,
      ];
    });
    return {
      verdict: verdict(stagnates && pairwiseHolds, stagnates || pairwiseHolds),
      measured: `sequential ${rows.map((row) => row[2]).join(", ")}; pairwise off by at most ${rows
        .map((row) => row[5])
        .sort()
        .pop()}`,
      how: [
        `\`norm\` by L1 of ${groups} groups of standard normal values in float16, over the exact sum;`,
        "means, and the largest error of a pairwise sum.",
      ],
      tables: [{ columns: ["n", "stated", "sequential", "lanes", "pairwise", "worst pairwise"], rows }],
      remarks: [
        `"lanes" is the order of a vector unit and the default of the package: 32 sequential sums side by`,
        "side, which stagnate at 32 times the length.",
      ],
    };
  },
};

export const HALF_STATEMENTS = [range, sums];
