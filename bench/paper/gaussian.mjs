/** Statements on normal data: 6, 7 and 8. */

import { norm as normOf, statistics, trelu } from "../../dist/index.js";
import { normal } from "../harness/data.mjs";
import { maximumFactor } from "./plain-norms.mjs";
import { verdict } from "./statement.mjs";
import { estimate, fixed, mean, nameOf, spread, standardError } from "./summary.mjs";

/**
 * @typedef {import("./plain-norms.mjs").Norm} Norm
 * @typedef {import("./statement.mjs").Statement} Statement
 */

/** Normal values for each group size. */
const VALUES = 1 << 22;

/**
 * Groups of n standard normal values.
 * @param {number} n
 * @param {boolean} quick
 */
function sample(n, quick) {
  const groups = Math.floor(VALUES / n / (quick ? 16 : 1));
  return { data: normal(groups * n, n), shape: [groups, n] };
}

/**
 * What the paper's factor C(n) gives for σ = 1: [n, L∞, top-10].
 * @type {[number, number | undefined, number][]}
 */
const STATED = [
  [32, 1.38, 0.89],
  [128, undefined, 1.06],
  [1024, 1.43, 1.2],
  [12544, 1.45, 1.28],
];
/**
 * Constants of Lp [p, c], as stated. L1 is the case p = 1.
 * @type {[number, number][]}
 */
const POWERS = [
  [1, 1.25331],
  [1.5, 1.10574],
  [2, 1],
  [3, 0.85574],
  [4, 0.75984],
];

/** @type {Statement} */
const constants = {
  id: 6,
  title: "Constants",
  claim: [
    "√(π/2)·E|z| = σ; C(n)·max|z| is 1.38 σ at n = 32, 1.43 at 1,024, 1.45 at 12,544; with top-10 0.89",
    "(32), 1.06 (128), 1.20 (1,024), 1.28 (12,544); c_p = 1.10574 (p = 1.5), 1 (2), 0.85574 (3), 0.75984",
    "(4).",
  ],
  examine({ quick }) {
    let [asStated, calibrated] = [true, true];
    /** @type {string[][]} */
    const rows = [];
    for (const [n, ...figures] of STATED) {
      const x = sample(n, quick);
      for (const [i, norm] of /** @type {Norm[]} */ (["linf", { topk: 10 }]).entries()) {
        const stated = figures[i];
        const plain = normOf(x, { norm, axes: 1 }).data.map((v) => v * maximumFactor(n));
        const centred = statistics(x, { norm, axes: 1 }).deviation.data;
        const corrected = statistics(x, { norm, axes: 1, calibrated: true }).deviation.data;
        if (stated !== undefined && Math.abs(mean(plain) - stated) > 0.005 + 3 * standardError(plain)) asStated = false;
        // the deviations are from the mean of the group, which n = 32 feels
        if (Math.abs(mean(corrected) - 1) > 0.005 + 1 / n + 3 * standardError(corrected)) calibrated = false;
        const cells = [plain, centred, corrected].map((values) => estimate(values, 4));
        rows.push([nameOf(norm), n.toLocaleString("en"), stated === undefined ? "" : fixed(stated), ...cells]);
      }
    }
    const x = sample(1024, quick);
    const powers = POWERS.map(([p, stated]) => {
      const s = statistics(x, { norm: { lp: p }, axes: 1 }).deviation.data;
      const bare = statistics(x, { norm: { lp: p, unscaled: true }, axes: 1 }).deviation.data;
      const factor = mean(s.map((v, i) => v / bare[i]));
      if (Math.abs(factor - stated) > 6e-6 || Math.abs(mean(s) - 1) > 3 / 1024 + 3 * standardError(s)) asStated = false;
      return [p === 1 ? "√(π/2)" : `c_p, p = ${p}`, stated.toFixed(5), factor.toFixed(5), estimate(s, 4)];
    });
    return {
      verdict: verdict(asStated && calibrated, asStated),
      measured: [
        `${asStated ? "as stated" : "not all as stated"}; \`calibrated: true\` gives σ`,
        `${calibrated ? "to 0.5 % (2 % at n = 32)" : "not everywhere"}`,
      ],
      how: [
        "Means ± standard errors over groups of n standard normal values. First about the true mean 0, as",
        "the figures stated are, by `norm`; then `statistics`, which measures from the mean of each group.",
      ],
      tables: [
        { columns: ["norm", "n", "stated", "about 0", "`statistics`", "`calibrated: true`"], rows },
        { columns: ["constant", "stated", "in the package", "S at n = 1,024"], rows: powers },
      ],
    };
  },
};

/** @type {[Norm, number][]} */
const VARIATIONS = [
  ["l2", 0.022],
  ["l1", 0.024],
  [{ topk: 10 }, 0.047],
  ["linf", 0.097],
];

/** @type {Statement} */
const variation = {
  id: 7,
  title: "Noise of the scale",
  claim: "Coefficients of variation of S at n = 1,024: L2 .022, L1 .024, top-10 .047, L∞ .097, in this order.",
  examine({ quick }) {
    const x = sample(1024, quick);
    const groups = x.shape[0];
    const found = VARIATIONS.map(([norm, stated]) => {
      const s = statistics(x, { norm, axes: 1 }).deviation.data;
      const variation = spread(s) / mean(s);
      return { norm, stated, variation, error: variation / Math.sqrt(2 * groups) };
    });
    const ordered = found.every(({ variation }, i) => i === 0 || variation > found[i - 1].variation);
    const equal = found.every(
      ({ variation, stated, error }) => Math.abs(variation - stated) < 0.0005 + 3 * error + 0.02 * stated,
    );
    return {
      verdict: verdict(ordered && equal, ordered),
      measured: found.map(({ norm, variation }) => `${nameOf(norm)} ${variation.toFixed(4).slice(1)}`).join(", "),
      how: [
        `Standard deviation over mean of S, \`statistics\` of ${groups.toLocaleString("en")} groups; its`,
        "standard error in brackets (for normal S).",
      ],
      tables: [
        {
          columns: ["norm", "stated", "measured"],
          rows: found.map(({ norm, stated, variation, error }) => [
            nameOf(norm),
            stated.toFixed(3),
            `${variation.toFixed(4)} (${error.toFixed(4)})`,
          ]),
        },
      ],
    };
  },
};

/** @type {Statement} */
const activation = {
  id: 8,
  title: "TReLU",
  claim: "(relu(x) − 1/√(2π)) / √(½(1 − 1/π)) has mean 0 and variance 1 for normal x.",
  examine({ quick }) {
    const { data } = sample(1024, quick);
    const y = trelu(data).data;
    const squares = Float64Array.from(y, (v) => v * v);
    const [first, second] = [y, squares].map((values) => [mean(values), standardError(values)]);
    const holds = Math.abs(first[0]) < 3 * first[1] && Math.abs(second[0] - 1) < 3 * second[1];
    return {
      verdict: verdict(holds),
      measured: [
        `mean ${fixed(first[0], 4)} ± ${fixed(first[1], 4)}, second moment ${fixed(second[0], 4)} ±`,
        `${fixed(second[1], 4)}`,
      ],
      how: [
        `\`trelu\` of ${data.length.toLocaleString("en")} standard normal values; holds if both are within`,
        "three standard errors.",
      ],
      tables: [],
    };
  },
};

export const GAUSSIAN_STATEMENTS = [constants, variation, activation];
