/** Reductions, conversions and what is computed for each channel, against the oracle. */

import {
  channelNorms,
  correctedLearningRate,
  effectiveStepSize,
  type FormatName,
  fromFloat16,
  mean,
  norm,
  normSchedule,
  partial,
  round,
  statistics,
  toFloat16,
  trelu,
} from "../../src/index.js";
import { RECTIFIED } from "../oracle/constants.js";
import * as emulated from "../oracle/emulated.js";
import { paperConstant } from "../oracle/emulated.js";
import { exactMean } from "../oracle/exact.js";
import { FLOAT16, HALVES, halfBits, roundTo } from "../oracle/formats.js";
import * as real from "../oracle/real.js";
import { fits, show } from "../support/cases.js";
import { numbers } from "../support/compare.js";
import { arithmetic, FLOAT16 as HALF, ORACLES } from "../support/formats.js";
import { type Measured, NORMS, SHORT } from "./measured.js";

const one = (found: { data: ArrayLike<number> }, exact: number) => ({ found: found.data, exact: [exact] });

const norms: Measured[] = NORMS.map((kind) => ({
  name: `norm ${show(kind)}`,
  compare: (x) => (fits(kind, x.length) ? [one(norm(x, { norm: kind }), real.vectorNorm(kind, x).toNumber())] : []),
}));

const deviations: Measured[] = NORMS.map((kind) => ({
  name: `statistics ${show(kind)}`,
  compare: (x) => {
    if (!fits(kind, x.length)) return [];
    const exact = real.deviation(kind, x, paperConstant(kind, x.length)).toNumber();
    return [one(statistics(x, { norm: kind }).deviation, exact)];
  },
}));

const means: Measured = { name: "mean", compare: (x) => [one(mean(x), exactMean(x).toNumber())] };

/** Of two chunks, the second of which comes as JSON. */
const gathered: Measured = {
  name: "partial",
  compare: (x) => {
    const middle = x.length >> 1;
    const rest = partial("l2").add(x.subarray(middle));
    const found = partial("l2")
      .add(x.subarray(0, middle))
      .merge(JSON.parse(JSON.stringify(rest)))
      .result();
    const deviation = real.deviation("l2", x, 1).toNumber();
    return [
      one(found.mean, exactMean(x).toNumber()),
      one(found.norm ?? { data: [] }, real.vectorNorm("l2", x).toNumber()),
      one(found.deviation ?? { data: [] }, deviation),
    ];
  },
};

/** The largest data has no exponent that float16 has not. */
const halves = (x: Float32Array): Float64Array => Float64Array.from(x, (value) => roundTo(FLOAT16, value));

const conversions: Measured[] = [
  {
    name: "toFloat16",
    compare: (x) => [{ found: numbers(toFloat16(x)), exact: halves(x), format: FLOAT16 }],
  },
  {
    name: "fromFloat16",
    compare: (x) => {
      const bits = Uint16Array.from(halves(x), halfBits);
      return [{ found: numbers(fromFloat16(bits)), exact: Float64Array.from(bits, (half) => HALVES[half]) }];
    },
  },
  ...(["nearest-even", "toward-zero", "up", "down", "odd"] as const).map(
    (mode): Measured => ({
      name: `round ${mode}`,
      lengths: SHORT,
      compare: (x) =>
        Object.entries(ORACLES).map(([name, format]) => ({
          found: round(x, name as FormatName, { mode }).data,
          exact: Float64Array.from(x, (value) => roundTo(format, value, mode)),
        })),
    }),
  ),
];

const rectified: Measured = {
  name: "trelu",
  compare: (x) => {
    const { mean, deviation } = RECTIFIED;
    const exact = Float64Array.from(x, (value) => (Math.max(value, 0) - mean) / deviation);
    const sizes = Float64Array.from(x, (value) => (Math.max(value, 0) + mean) / deviation);
    return [{ found: trelu(x).data, exact, sizes }];
  },
};

const ofChannels: Measured[] = [
  {
    name: "channelNorms",
    compare: (x) => [
      { found: channelNorms({ data: x, shape: [1, x.length] }), exact: [real.vectorNorm("l2", x).toNumber()] },
    ],
  },
  {
    name: "learning rates",
    lengths: SHORT,
    compare: (x) => {
      const sizes = x.map(Math.abs);
      const reference = sizes.toReversed();
      const ratios = Float64Array.from(sizes, (size, i) => (size / reference[i]) ** 2);
      const within = ratios.map((ratio) => (Number.isNaN(ratio) ? 1 : Math.min(Math.max(ratio, 0.1), 10)));
      return [
        { found: correctedLearningRate(0.5, sizes, reference), exact: within.map((ratio) => 0.5 * ratio) },
        { found: effectiveStepSize(0.5, sizes), exact: Float64Array.from(sizes, (size) => 0.5 / (size * size)) },
        {
          found: normSchedule([sizes, reference])(0.25),
          exact: Float64Array.from(sizes, (size, i) => 0.75 * size + 0.25 * reference[i]),
        },
      ];
    },
  },
];

/** To the bit: the error in units of float16 is 0 or there is one. */
const inFloat16: Measured[] = NORMS.map((kind) => ({
  name: `norm ${show(kind)} in float16`,
  lengths: SHORT,
  compare: (x) => {
    if (!fits(kind, x.length)) return [];
    const { asked, oracle } = arithmetic(HALF);
    const exact = emulated.vectorNorm({ norm: kind, arithmetic: oracle }, emulated.inputs(oracle, x));
    return [{ ...one(norm(x, { norm: kind, arithmetic: asked }), exact), format: FLOAT16 }];
  },
}));

export const REDUCTIONS = [...norms, means, ...deviations, gathered, ...ofChannels, ...inFloat16];
export const ELEMENTWISE = [...conversions, rectified];
