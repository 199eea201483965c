// What a sweep found, as tables.

import { orderWords } from "../../diagnosis/words.js";
import { columnsOf } from "../../text/page.js";
import { integer, normWords } from "../../text/words.js";
import { endsInWords, type SigmaRange } from "../report/sigma-range.js";
import type { RangeOptions, Summation, UsableRange } from "../report/usable-ranges.js";
import type { Section } from "../terminal/sections.js";
import type { Stagnation, SweepResult } from "./sweep.js";

/** Sums in the format of the arithmetic are told apart by their order. */
export const summationTitle = ({ accumulate, order }: Summation, compute: string): string =>
  accumulate === compute ? (typeof order === "string" ? order : orderWords(order)) : `${accumulate} sums`;

export const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;

const rangeText = (range: SigmaRange | null, swept: readonly [number, number]): string =>
  range ? endsInWords(range, swept).join(" to ") : "nowhere";

/** One row for each key, one column for each way of summation. */
function crossed<T extends Summation>(
  first: string,
  compute: string,
  results: readonly T[],
  key: (one: T) => string,
  cell: (one: T) => string,
): Pick<Section, "columns" | "rows"> {
  const titles = new Set(results.map((one) => summationTitle(one, compute)));
  const rows = new Map<string, string[]>();
  for (const one of results) {
    const row = rows.get(key(one)) ?? [key(one)];
    row.push(cell(one));
    rows.set(key(one), row);
  }
  return { columns: columnsOf([first, ...titles]), rows: [...rows.values()] };
}

function rangesOf(
  { compute, sigma }: RangeOptions,
  ranges: readonly UsableRange[],
  n: number,
  which: "usable" | "precise",
): Pick<Section, "columns" | "rows"> {
  return crossed(
    "norm",
    compute,
    ranges.filter((one) => one.n === n),
    ({ norm }) => normWords(norm),
    (one) => rangeText(one[which], sigma),
  );
}

/** The σ that each norm can take with groups of so many elements. */
export function usableSection({ options, ranges }: SweepResult, n: number): Section {
  return { title: `Usable σ: error at most ${percent(options.tolerance)}`, ...rangesOf(options, ranges, n, "usable") };
}

/** Where it is about as precise as it can be. */
export function preciseSection({ options, ranges }: SweepResult, n: number): Section {
  return { title: "Precise σ: error at most twice the least", ...rangesOf(options, ranges, n, "precise") };
}

export function stagnationSection({ options, stagnation }: SweepResult): Section {
  const sums = crossed(
    "n",
    options.compute,
    stagnation,
    ({ n }: Stagnation) => integer(n),
    ({ ratio }) => (ratio === null ? "∞" : ratio.toFixed(3)),
  );
  return { title: "Stagnation: Σ|x| of n values of N(0, 1), part of the exact sum", ...sums };
}

export function sweepSections(result: SweepResult): Section[] {
  const { compute, counts } = result.options;
  const titled = (section: Section, n: number): Section => ({
    ...section,
    title: section.title.replace(":", ` in ${compute}, n = ${integer(n)}:`),
  });
  const sections = counts.flatMap((n) => [titled(usableSection(result, n), n), titled(preciseSection(result, n), n)]);
  return [...sections, stagnationSection(result)];
}
