/** What a diagnosis says about the whole: headroom, condition and bounds, by their definitions. */
import { ofStatistics } from "./arithmetic.js";
import { isTop } from "./emulated.js";
import type { Truth } from "./truth.js";
import { formatOf, type StageName, summedOf, termPower, type Work } from "./work.js";

/** The stages of what is a part of them. */
const OF = { total: "mean", square: "deviation", difference: "output" } as const;

/** Two levels that are one: what is added to the one is next to nothing. */
const SAME = 1e-12;

/** Binades between the largest exact magnitude of a stage and the end of its format, and which stages have the fewest. */
export function headroom(work: Work, { logs }: Truth): { binades: number | null; at: StageName[] } {
  const rooms: { room: number; at: StageName }[] = [];
  const { accumulate } = work.arithmetic;
  // a mean that is given is in the place of its sum
  const summed = work.given || accumulate === "exact" ? ofStatistics(work.arithmetic) : accumulate;
  for (const [name, log] of logs) {
    // Of the mean it is the sum that may overflow.
    if (log === -Infinity || name === "mean") continue;
    const stage = name in OF ? OF[name as keyof typeof OF] : (name as StageName);
    const { max } = name === "total" ? summed : formatOf(work, stage);
    rooms.push({ room: Math.log2(max) - log, at: stage });
  }
  if (!rooms.length) return { binades: null, at: [] };
  const binades = Math.min(...rooms.map(({ room }) => room));
  return { binades, at: rooms.filter(({ room }) => room <= binades + SAME).map(({ at }) => at) };
}

/** The largest and the middle one (the lower of two), null for infinite ones. */
export function condition({ condition }: Truth): { max: number | null; median: number | null } {
  const sorted = condition.filter((value) => !Number.isNaN(value)).sort();
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
  return { max: finite(sorted.at(-1)), median: finite(sorted[Math.ceil(sorted.length / 2) - 1]) };
}

/** Additions that a term goes through, at most. */
function depthOf(terms: number, order: Work["arithmetic"]["order"]): number {
  if (order === "sequential") return terms - 1;
  const width = typeof order === "object" ? order.lanes : 32;
  const lanes = Math.ceil((order === "pairwise" ? Math.min(terms, 128) : terms) / width) - 1 + Math.log2(width);
  if (order !== "pairwise") return lanes;
  let levels = 0;
  for (let blocks = Math.ceil(terms / 128); blocks > 1; blocks = Math.ceil(blocks / 2)) levels++;
  return lanes + levels;
}

/** Bounds of the relative rounding error of a sum of n positive terms. */
export function bound({ norm, arithmetic, given }: Work, n: number) {
  if (given) return { terms: 0, depth: 0, worst: 0, probable: 0 };
  const { accumulate, order } = arithmetic;
  const terms = norm !== "none" && isTop(norm) ? norm.topk : n;
  const compared = norm !== "none" && summedOf(norm, n) === 0;
  // The largest is found without rounding, and the difference of two is one operation.
  const depth = compared ? (norm === "range" ? 1 : 0) : accumulate === "exact" ? 0 : depthOf(terms, order);
  const { precision } = compared || accumulate === "exact" ? ofStatistics(arithmetic) : accumulate;
  const unit = 2 ** -precision;
  const worst = depth * unit < 1 ? (depth * unit) / (1 - depth * unit) : null;
  return { terms, depth, worst, probable: Math.sqrt(depth) * unit };
}

/** eps for a tensor that is multiplied by a factor, so that the result stays the same. */
export function scaledEps({ norm, eps, given }: Work, factor: number): number {
  if (norm === "none") return eps;
  const power = given ? (norm === "l2" ? 2 : 1) : termPower(norm);
  // 0 times an infinite power of the factor, too
  return eps === 0 ? 0 : eps * factor ** power;
}
