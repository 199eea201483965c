import { NORM_L1, NORM_L2, NORM_LINF, NORM_NONE, NORM_POWER, NORM_RANGE, NORM_TOP } from "../abi/plan.js";
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  describe,
  isObject,
  wrong,
} from "../checks/arguments.js";

/** A norm, checked. A class for the reason that Job is one. */
export class NormSpec {
  /**
   * @param kind One of the NORM constants.
   * @param top k of the top-k norm.
   * @param power p of the Lp norm.
   */
  constructor(
    readonly kind: number,
    readonly top = 0,
    readonly power = 0,
    readonly unscaled = false,
  ) {}
}

/** The most that k can be, as it is in the plan. */
export const MOST_TOP = 0x7fffffff;
/** In place of the elements of a group, where they are not known or do not matter: k is not bounded. */
export const UNBOUNDED = 0x20000000000000;

/** Of every layer. */
export const DEFAULT_EPS = 1e-5;

export const MEAN_ONLY: NormSpec = /* @__PURE__ */ new NormSpec(NORM_NONE);
const SIMPLE: Record<string, NormSpec> = {
  l1: /* @__PURE__ */ new NormSpec(NORM_L1),
  l2: /* @__PURE__ */ new NormSpec(NORM_L2),
  linf: /* @__PURE__ */ new NormSpec(NORM_LINF),
  range: /* @__PURE__ */ new NormSpec(NORM_RANGE),
};

/**
 * @param count Elements of a group, the bound of k.
 * @param centring Whether "none" makes sense.
 */
export function checkNorm(norm: Normalizer | undefined, count: number, centring: boolean): NormSpec {
  if (norm === undefined) return SIMPLE.l2;
  if (typeof norm === "string") {
    if (Object.hasOwn(SIMPLE, norm)) return SIMPLE[norm];
    if (centring && norm === "none") return MEAN_ONLY;
  } else if (isObject(norm)) {
    if ("topk" in norm) {
      const { topk } = checkOptions(norm, ["topk"]);
      return new NormSpec(NORM_TOP, checkInteger("topk", topk, 1, count, ", the elements of a group"));
    }
    if ("lp" in norm) {
      const { lp, unscaled } = checkOptions(norm, ["lp", "unscaled"]);
      return new NormSpec(NORM_POWER, 0, checkNumber("lp", lp, 1), checkBoolean("unscaled", unscaled));
    }
  }
  throw wrong("norm", `"l1", "l2", "linf", "range"${centring ? ', "none"' : ""}, { topk } or { lp }`, norm, "string");
}

export const sameNorm = (a: NormSpec, b: NormSpec): boolean =>
  a.kind === b.kind && a.top === b.top && a.power === b.power && a.unscaled === b.unscaled;

/** A norm in messages. */
export const showNorm = (norm: unknown): string => (isObject(norm) ? JSON.stringify(norm) : describe(norm));

/**
 * A norm over the n elements of a group.
 *
 * | norm | as a vector norm | as a deviation (the paper's S without eps), d = x - mean |
 * |---|---|---|
 * | `"l1"` | Σ\|x\| | √(π/2) · mean \|d\| |
 * | `"l2"` | √Σx² | √(mean d²) |
 * | `"linf"` | max \|x\| | C(n) · max \|d\| |
 * | `"range"` | max x - min x | 0.35 · C(n) · (max d - min d) |
 * | `{ topk: k }` | mean of the k largest \|x\|, 1 <= k <= n | C(n) · mean of the k largest \|d\| |
 * | `{ lp: p }` | (Σ\|x\|^p)^(1/p), p >= 1 | c_p · (mean \|d\|^p)^(1/p); `unscaled: true` leaves c_p out, as the paper's code does |
 */
export type Norm = "l1" | "l2" | "linf" | "range" | { readonly topk: number } | LpNorm;

export interface LpNorm {
  readonly lp: number;
  readonly unscaled?: boolean | undefined;
}

/** A norm to normalize by; `"none"` only subtracts the mean (S = 1). */
export type Normalizer = Norm | "none";
