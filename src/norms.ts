import { checkBoolean, checkNumber, checkOptions, describe, rangeError, typeError } from "./check.js";
import { NORM_L1, NORM_L2, NORM_LINF, NORM_NONE, NORM_POWER, NORM_RANGE, NORM_TOP } from "./layout.js";
import type { Normalizer } from "./types.js";

/** A norm, checked. A class for the reason that Job is one. */
export class NormSpec {
  /** One of the NORM constants. */
  readonly kind: number;
  /** k of the top-k norm. */
  readonly top: number;
  /** p of the Lp norm. */
  readonly power: number;
  readonly unscaled: boolean;

  constructor(kind: number, top = 0, power = 0, unscaled = false) {
    this.kind = kind;
    this.top = top;
    this.power = power;
    this.unscaled = unscaled;
  }
}

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
  } else if (typeof norm === "object" && norm !== null) {
    if ("topk" in norm) {
      const { topk } = checkOptions(norm, ["topk"]);
      if (typeof topk !== "number") throw typeError("topk", "an integer", topk);
      if (Number.isInteger(topk) && topk >= 1 && topk <= count) {
        return new NormSpec(NORM_TOP, topk);
      }
      throw rangeError("topk", `an integer in [1, ${count}], the elements of a group`, topk);
    }
    if ("lp" in norm) {
      const { lp, unscaled } = checkOptions(norm, ["lp", "unscaled"]);
      return new NormSpec(NORM_POWER, 0, checkNumber("lp", lp, 1), checkBoolean("unscaled", unscaled));
    }
  }
  const choices = `"l1", "l2", "linf", "range"${centring ? ', "none"' : ""}, { topk } or { lp }`;
  const Kind = typeof norm === "string" ? RangeError : TypeError;
  throw new Kind(`"norm" must be ${choices}, got ${describe(norm)}`);
}
