// The norms, a row for each in every table.

import { NORM_L1, NORM_L2, NORM_LINF, NORM_NONE, NORM_POWER, NORM_RANGE, NORM_TOP } from "../abi/plan.js";
import { checkBoolean, checkInteger, checkNumber, checkOptions, isObject, wrong } from "../checks/arguments.js";
import { describe } from "../checks/describe.js";

/** Every norm by a name: the norm itself, or the key of its object. Adding one makes the compiler list what misses it. */
export type NormName = Normalizer extends infer N ? (N extends string ? N : Exclude<keyof N, "unscaled">) : never;

/** A norm, checked. A class for the reason that Job is one. */
export class NormSpec {
  /**
   * @param kind One of the NORM constants.
   * @param top k of the top-k norm.
   * @param power p of the Lp norm.
   */
  constructor(
    readonly name: NormName,
    readonly kind: number,
    readonly top = 0,
    readonly power = 0,
    readonly unscaled = false,
  ) {}
}

/** Those that are names. */
export const NAMED: Readonly<Record<Extract<Norm, string>, NormSpec>> = {
  l1: /* @__PURE__ */ new NormSpec("l1", NORM_L1),
  l2: /* @__PURE__ */ new NormSpec("l2", NORM_L2),
  linf: /* @__PURE__ */ new NormSpec("linf", NORM_LINF),
  range: /* @__PURE__ */ new NormSpec("range", NORM_RANGE),
};
export const MEAN_ONLY: NormSpec = /* @__PURE__ */ new NormSpec("none", NORM_NONE);

/**
 * @param count Elements of a group, the bound of k.
 * @param centring Whether "none" makes sense.
 */
export function checkNorm(norm: Normalizer | undefined, count: number, centring: boolean): NormSpec {
  if (norm === undefined) return NAMED.l2;
  if (typeof norm === "string") {
    if (Object.hasOwn(NAMED, norm)) return NAMED[norm as keyof typeof NAMED];
    if (centring && norm === "none") return MEAN_ONLY;
  } else if (isObject(norm)) {
    if ("topk" in norm) {
      const { topk } = checkOptions(norm, ["topk"]);
      return new NormSpec("topk", NORM_TOP, checkInteger("topk", topk, 1, count, ", the elements of a group"));
    }
    if ("lp" in norm) {
      const { lp, unscaled } = checkOptions(norm, ["lp", "unscaled"]);
      return new NormSpec("lp", NORM_POWER, 0, checkNumber("lp", lp, 1), checkBoolean("unscaled", unscaled));
    }
    norm satisfies never;
  }
  const names = Object.keys(NAMED).map(describe).join(", ");
  throw wrong("norm", `${names}${centring ? ', "none"' : ""}, { topk } or { lp }`, norm, "string");
}

/** What is to be known of a norm outside of the kernels. */
interface Traits {
  /** Elements that it finds in a group by comparing them, in place of adding terms. */
  readonly compared: number;
  /** Of |d| in the terms that it adds or compares. */
  readonly power: number | "p";
  /** S from a deviation that is given, and eps. */
  scale(deviation: number, eps: number): number;
}

const scale = (deviation: number, eps: number): number => deviation + eps;

const TRAITS: Readonly<Record<NormName, Traits>> = {
  l1: { compared: 0, power: 1, scale },
  l2: { compared: 0, power: 2, scale: (deviation, eps) => Math.sqrt(deviation * deviation + eps) },
  linf: { compared: 1, power: 1, scale },
  range: { compared: 2, power: 1, scale },
  none: { compared: 0, power: 1, scale: () => 1 },
  topk: { compared: 0, power: 1, scale },
  lp: { compared: 0, power: "p", scale },
};

export const comparedBy = ({ name }: NormSpec): number => TRAITS[name].compared;

/** Elements that the norm of a group depends on alone; 0 for all. */
export const selectedBy = (norm: NormSpec): number => comparedBy(norm) || norm.top;

export const powerOf = ({ name, power }: NormSpec): number => {
  const own = TRAITS[name].power;
  return own === "p" ? power : own;
};

/** Of |d| in what eps is added to where the deviation is given. No table, which every bundle would have. */
export const epsPowerGiven = ({ name }: NormSpec): number => (name === "l2" ? 2 : 1);
/** Of |d| in what eps is added to: the mean of the terms, or the deviation. */
export const epsPowerOf = (norm: NormSpec): number => norm.power || epsPowerGiven(norm);

export const scaleOf = ({ name }: NormSpec, deviation: number, eps: number): number =>
  TRAITS[name].scale(deviation, eps);

export const sameNorm = (a: NormSpec, b: NormSpec): boolean =>
  a.name === b.name && a.top === b.top && a.power === b.power && a.unscaled === b.unscaled;

/** The name of a norm that is given, and its number. */
export function named(norm: Normalizer): readonly [NormName, number] {
  if (typeof norm === "string") return [norm, 0];
  if ("topk" in norm) return ["topk", norm.topk];
  if ("lp" in norm) return ["lp", norm.lp];
  return norm;
}

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
 *
 * The gradients of both, for u = x / ‖x‖ and n elements; sign(0) = 0:
 *
 * | norm | ∂‖x‖ / ∂x_i | ∂S / ∂d_i |
 * |---|---|---|
 * | `"l1"` | sign(x_i) | √(π/2) · sign(d_i) / n |
 * | `"l2"` | u_i | d_i / (n · S) |
 * | `"linf"` | sign(x_i) at the first element with the largest \|x\|, else 0 | C(n) · sign(d_i) at the first with the largest \|d\| |
 * | `"range"` | 1 at the first maximum, -1 at the first minimum; 0 where all elements are equal | 0.35 · C(n) times the same |
 * | `{ topk: k }` | sign(x_i) / k at the k elements with the largest \|x\|, of equal ones the first | C(n) · sign(d_i) / k at those of \|d\| |
 * | `{ lp: p }` | sign(x_i) · \|u_i\|^(p-1) | c_p^p · sign(d_i) · \|d_i\|^(p-1) · S^(1-p) / n |
 */
export type Norm =
  | "l1"
  | "l2"
  | "linf"
  | "range"
  | {
      /** k, from 1 to the elements of a group. */
      readonly topk: number;
    }
  | LpNorm;

/** The mean of |d|^p to the power 1 / p. */
export interface LpNorm {
  /** The power p. */
  readonly lp: number;
  /** Without the constant of the paper that makes S the standard deviation of normal data. Default: false. */
  readonly unscaled?: boolean | undefined;
}

/** A norm to normalize by; `"none"` only subtracts the mean (S = 1). */
export type Normalizer = Norm | "none";
