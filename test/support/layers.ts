/** Calls of every layer and reduction, to be made on data in several forms. */
import {
  batchNorm,
  boundedWeightNorm,
  type Data,
  groupNorm,
  instanceNorm,
  layerNorm,
  lpNormalize,
  mean,
  norm,
  rmsNorm,
  statistics,
  type Tensor,
  type TensorLike,
  tensor,
  toFloat16,
  weightNorm,
} from "../../src/index.js";
import { wide } from "./random.js";

export type Result = Tensor | { data: Data };
export type Call = (x: TensorLike, extra: object) => unknown;

/** Values with a spread of magnitudes. */
export const values = (n: number, seed = 1): Float32Array => wide(n, seed, -6, 1);

/** Every layer, with weights of the right length. */
export function layers(shape: number[], groups: number): Record<string, Call> {
  const channels = shape[1];
  const last = shape[shape.length - 1];
  const weight = values(channels, 2);
  const bias = values(channels, 3);
  const deviation = values(channels, 5).map((v) => Math.abs(v) + 0.1);
  const [w, b] = [values(last, 2), values(last, 3)];
  return {
    batchNorm: (x, extra) => batchNorm(x, { weight, bias, ...extra }),
    "batchNorm top-3": (x, extra) => batchNorm(x, { weight, bias, norm: { topk: 3 }, ...extra }),
    "batchNorm emulated": (x, extra) => batchNorm(x, { weight, bias, norm: "l1", arithmetic: "float16", ...extra }),
    inference: (x, extra) => batchNorm(x, { weight, bias, mean: bias, deviation, ...extra }),
    "batchNorm last": (x, extra) => batchNorm(x, { axis: -1, weight: w, bias: b, norm: "linf", ...extra }),
    layerNorm: (x, extra) => layerNorm(x, { weight: w, bias: b, ...extra }),
    "layerNorm 1": (x, extra) => layerNorm(x, { axis: 1, norm: "l1", ...extra }),
    instanceNorm: (x, extra) => instanceNorm(x, { weight, bias, ...extra }),
    groupNorm: (x, extra) => groupNorm(x, { groups, weight: toFloat16(weight), bias, ...extra }),
    rmsNorm: (x, extra) => rmsNorm(x, { weight: tensor(w), ...extra }),
    lpNormalize: (x, extra) => lpNormalize(x, { norm: "l1", ...extra }),
    "lpNormalize 1": (x, extra) => lpNormalize(x, { axis: 1, ...extra }),
    weightNorm: (x, extra) => weightNorm(x, { g: values(shape[0], 4), ...extra }),
    "weightNorm 1": (x, extra) => weightNorm(x, { g: weight, axis: 1, ...extra }),
    boundedWeightNorm: (x, extra) => boundedWeightNorm(x, { g: values(shape[0], 4), rho: 2, ...extra }),
  };
}

export const reductions = (axes: number[]): Record<string, Call> => ({
  "reduce l1": (x) => norm(x, { norm: "l1", axes }),
  "reduce l2": (x) => norm(x, { axes }),
  "reduce linf": (x) => norm(x, { norm: "linf", axes }),
  "reduce range": (x) => norm(x, { norm: "range", axes }),
  "reduce top-1": (x) => norm(x, { norm: { topk: 1 }, axes }),
  "reduce mean": (x) => mean(x, { axes }),
  "reduce deviation": (x) => {
    const found = statistics(x, { norm: "l1", axes }) as { mean: Result; deviation: Result };
    (found.mean as Partial<Tensor>).dispose?.();
    return found.deviation;
  },
});
