/** Where rounding decides what the slope of a norm is. */

import { isTop, type Norm } from "../oracle/emulated.js";
import { farthest } from "../oracle/gradients.js";

/**
 * Whether it decides which elements of x are the farthest from the mean, or on which side of it one is, by their distances d.
 * What float32 does not tell apart counts as equal.
 */
export function isDoubtful(norm: Norm, x: readonly number[], d: readonly number[]): boolean {
  if (norm === "l2" || norm === "range") return false;
  const most = x.reduce((a, value) => Math.max(a, Math.abs(value)), 0);
  const close = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * most;
  if (d.some((value) => value !== 0 && close(value, 0))) return true;
  const k = norm === "linf" ? 1 : isTop(norm) ? norm.topk : 0;
  if (!k || k >= d.length) return false;
  const order = farthest(d, d.length);
  const [last, next] = [order[k - 1], order[k]];
  const size = (i: number) => Math.abs(d[i]);
  return close(size(last), size(next)) && order.some((i) => x[i] !== x[last] && close(size(i), size(last)));
}
