// A seeded set of calls, whose results every engine has to reproduce to the bit.

import * as library from "../../src/index.js";
import type { Halfnorm } from "../../src/load.js";
import type { Arithmetic } from "../../src/numerics/arithmetic.js";
import type { FormatName } from "../../src/numerics/format.js";
import type { Norm } from "../../src/numerics/norm.js";
import { everyNorm, show } from "./cases.js";
import { dataOf, toHalves } from "./compare.js";
import { ORACLES } from "./formats.js";
import { floats, gaussian, uniform, wide } from "./random.js";

const NORMS = everyNorm([7], [1, 1.5, 2.7, 3]);
const ARITHMETICS: Record<string, Arithmetic | undefined> = {
  native: undefined,
  float16: "float16",
  "float16 into float32, pairwise": { compute: "float16", accumulate: "float32", order: "pairwise" },
  "float16, sequential": { compute: "float16", order: "sequential" },
  bfloat16: "bfloat16",
  "tfloat32, exact": { compute: "tfloat32", accumulate: "exact" },
  float8_e4m3fn: "float8_e4m3fn",
  float32: { compute: "float32", order: "sequential" },
};

/** What is rounded to; to float32 everything is. */
const FORMATS = (Object.keys(ORACLES) as FormatName[]).filter((name) => name !== "float32");

/** A name, and the bytes of what was computed. */
type Golden = readonly [name: string, bytes: Uint8Array<ArrayBuffer>[]];

function note(name: string, ...results: readonly unknown[]): Golden {
  const bytes = results.map((result) => {
    const data = dataOf(result);
    // The bits of a NaN are the engine's choice.
    const canonical =
      data instanceof Uint16Array
        ? data.map((half) => ((half & 0x7fff) > 0x7c00 ? 0x7e00 : half))
        : Uint32Array.from(new Uint32Array(Float32Array.from(data).buffer), (bits) =>
            (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits,
          );
    return new Uint8Array(canonical.buffer as ArrayBuffer);
  });
  return [name, bytes];
}

interface Input {
  data: Float32Array | Uint16Array;
  shape: number[];
  /** Of gradients. */
  eps?: number;
}

const nexts = uniform(77);
const inputs: Record<string, Input> = {
  "rows, normal": { data: gaussian(6 * 1031, 1), shape: [6, 1031] },
  "rows of halves": { data: toHalves(gaussian(5 * 515, 2, 1)), shape: [5, 515] },
  "wide exponents": { data: wide(4 * 300, 3, -30, 30), shape: [4, 300] },
  channels: { data: gaussian(3 * 5 * 7 * 9, 4, 100), shape: [3, 5, 7, 9] },
  "a large mean": { data: gaussian(2 * 4100, 5, 1e6), shape: [2, 4100] },
  // rows whose factors are none, and beyond formats on either side; tiny elements beside a large one
  "zeros, equal, tiny and huge": {
    data: gaussian(6 * 40, 11).map(
      (value, i) =>
        [0, 3, value * 2 ** -140, value * 2 ** -23, value * 2 ** 125, i % 40 ? value * 2 ** -110 : 1000][
          Math.floor(i / 40)
        ],
    ),
    shape: [6, 40],
    // 1 / S may be infinite then
    eps: 0,
  },
  "any bits": {
    data: floats(2048, () => new Float32Array(Uint32Array.of(nexts() * 2 ** 32).buffer)[0]),
    shape: [64, 32],
  },
};

const DIFFERENTIATED = ["wide exponents", "channels", "zeros, equal, tiny and huge", "any bits"];

/** Gradients, and what statistics that are given do. */
function backward(halfnorm: Halfnorm, x: Input, both: { norm: Norm; arithmetic: Arithmetic | undefined }) {
  const options = { ...both, eps: x.eps };
  const dy = { data: gaussian(x.data.length, 8), shape: x.shape };
  const channels = x.shape[0];
  const weight = gaussian(channels, 9);
  // of all sizes, 0 among them
  const deviation = wide(channels, 10, -120, 120).map((value, i) => (i === 2 ? 0 : Math.abs(value)));
  return [
    halfnorm.batchNorm(x, { ...options, axis: 0, mean: weight, deviation, weight }),
    ...Object.values(halfnorm.batchNormBackward(dy, x, { ...options, axis: 0, weight })),
    ...Object.values(halfnorm.layerNormBackward(dy, x, options)),
    ...Object.values(halfnorm.rmsNormBackward(dy, x, options)),
    halfnorm.weightNorm(x, { ...both, g: weight.map((g) => -Math.abs(g)) }),
    ...Object.values(halfnorm.weightNormBackward(dy, x, { ...both, g: weight })),
  ];
}

/** @param halfnorm Its functions, on whatever instance. */
function* results(halfnorm: Halfnorm): Generator<Golden> {
  for (const [name, x] of Object.entries(inputs)) {
    const last = [x.shape.length - 1];
    for (const [label, arithmetic] of Object.entries(ARITHMETICS)) {
      const what = `${name}, ${label}`;
      yield note(
        `mean of ${what}`,
        halfnorm.mean(x, { axes: last, arithmetic }),
        halfnorm.mean(x, { axes: [0], arithmetic }),
      );
      const centred = { norm: "none", arithmetic } as const;
      yield note(
        `centred ${what}`,
        halfnorm.layerNorm(x, centred),
        ...Object.values(halfnorm.layerNormBackward(x, x, centred)),
      );
      for (const norm of NORMS) {
        const options = { norm, arithmetic };
        const { deviation } = halfnorm.statistics(x, { ...options, axes: last });
        const results: unknown[] = [deviation];
        results.push(
          halfnorm.norm(x, { ...options, axes: last }),
          halfnorm.layerNorm(x, options),
          halfnorm.rmsNorm(x, options),
        );
        if (x.shape.length === 4) {
          const weight = gaussian(x.shape[1], 6);
          results.push(
            halfnorm.batchNorm(x, { ...options, weight, bias: weight }),
            halfnorm.batchNorm(x, { ...options, axis: -1 }),
          );
          results.push(
            halfnorm.weightNorm(x, { ...options, g: gaussian(3, 7) }),
            halfnorm.groupNorm(x, { ...options, groups: 5 }),
          );
        }
        results.push(halfnorm.lpNormalize(x, options), halfnorm.boundedWeightNorm(x, options));
        yield note(`${show(norm)} of ${what}`, ...results);
        if (DIFFERENTIATED.includes(name))
          yield note(`backward, ${show(norm)} of ${what}`, ...backward(halfnorm, x, options));
      }
    }
    yield note(`calibrated ${name}`, halfnorm.layerNorm(x, { norm: { topk: 7 }, calibrated: true }));
    yield note(`trelu of ${name}`, halfnorm.trelu(x));
    for (const format of FORMATS) {
      for (const mode of ["nearest-even", "toward-zero", "up", "down", "odd", "stochastic"] as const) {
        yield note(`${format}, ${mode}, of ${name}`, halfnorm.round(x, format, { mode, seed: 5 }));
      }
    }
  }
}

/** A line for each: the beginning of a checksum, and the name. */
export async function* goldenLines(functions: Halfnorm = library): AsyncGenerator<string> {
  for (const [name, parts] of results(functions)) {
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
    yield `${hex.join("")}  ${name}`;
  }
}

export async function goldenText(): Promise<string> {
  let text = "";
  for await (const line of goldenLines()) text += `${line}\n`;
  return text;
}
