// The sum of a group as it grows: in the format and order that are asked for, and exact.

import { type FormatName, type Normalizer, round } from "halfnorm";
import { termPowerOf, termsOf } from "../../src/cli/report/figure-data.js";
import { specOf } from "../../src/cli/report/spacing.js";
import { termWords } from "../../src/text/words.js";
import type { NoSum, RunningSum } from "../shared/messages.js";
import { Accumulators, pairwiseSum } from "./accumulators.js";
import type { Question } from "./question.js";

/** Points of a curve; every element has one where there are no more. */
const POINTS = 320;
/** Milliseconds from one look for a newer request to the next. */
const TURN = 8;
/** Of a sum that is taken anew for each of them. */
const POINTS_ANEW = 48;

/** What is added: the terms of the norm, or the elements themselves, for the mean. */
function summandsOf(x: Float32Array, norm: Normalizer, { subject }: Question): [string, Float32Array, Float64Array] {
  const power = termPowerOf(norm);
  if (power !== undefined) {
    const [terms, exact] = termsOf(x, subject, power);
    return [termWords(norm).sum, terms, exact];
  }
  return [
    "the sum of x, for the mean",
    round(x, subject.arithmetic.compute).data as Float32Array,
    Float64Array.from(x),
  ];
}

const LANES = { sequential: 1, lanes: 32 } as const;

const evenly = (n: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.ceil((n * (i + 1)) / count));

/** As many terms apart as one call adds, where there are more than there are points. */
function pointsOf(n: number, lanes: number): number[] {
  if (n <= POINTS * lanes) return evenly(n, Math.min(n, POINTS));
  const step = lanes * (2 ** Math.ceil(Math.log2(n / lanes / POINTS + 1)) - 1);
  return [...Array.from({ length: Math.ceil(n / step) - 1 }, (_, i) => (i + 1) * step), n];
}

/**
 * @param x The elements of the group.
 * @param goOn Is waited for now and then.
 */
export async function runningSum(
  x: Float32Array,
  group: number,
  norm: Normalizer,
  question: Question,
  goOn: () => Promise<void>,
): Promise<RunningSum | NoSum> {
  const { arithmetic, centred } = question.subject;
  const { accumulate, order, compute } = arithmetic;
  if (accumulate === "exact") return { why: "Sums are exact, and rounded once: there is nothing to see." };
  if (termPowerOf(norm) === undefined && !centred) return { why: "Nothing is summed: this norm compares." };
  const format = accumulate as FormatName;
  if (specOf(format).precision < specOf(arithmetic.statistics ?? compute).precision)
    return { why: `Sums in ${format} of terms that have more digits are not drawn.` };
  const [what, terms, exactTerms] = summandsOf(x, norm, question);
  await goOn();
  let looked = performance.now();
  const n = terms.length;
  const lanes = order === "pairwise" ? undefined : typeof order === "object" ? order.lanes : LANES[order];
  const index = lanes ? pointsOf(n, lanes) : evenly(n, Math.min(n, POINTS_ANEW));
  const accumulators = new Accumulators(lanes ?? 1, format);
  const exact: number[] = [];
  const computed: number[] = [];
  let sum = 0;
  let added = 0;
  let whole = 0;
  for (const end of index) {
    if (performance.now() - looked > TURN) {
      await goOn();
      looked = performance.now();
    }
    while (added < end) sum += exactTerms[added++];
    exact.push(sum);
    if (!lanes) {
      computed.push(round(Float32Array.of(pairwiseSum(terms.subarray(0, end), format)), format).data[0]);
      continue;
    }
    const rows = Math.floor(end / lanes) * lanes;
    accumulators.add(terms.subarray(whole, rows));
    whole = rows;
    computed.push(accumulators.with(terms.subarray(whole, end)));
  }
  return { what, group, n, index, exact, computed, limit: specOf(format).max, format };
}
