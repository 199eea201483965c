// What a sweep found, as tables.

import { orderWords } from "../../diagnosis/words.js";
import { columnsOf } from "../../text/page.js";
import { integer, normWords } from "../../text/words.js";
import { endsInWords, type SigmaRange } from "../report/sigma-range.js";
import type { RangeOptions, Summation, UsableRange } from "../report/usable-ranges.js";
import type { Section } from "../terminal/section.js";
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

/** The σ that each kernel can take, norm by norm. */
export function kernelSection({ options, kernels }: SweepResult, n: number): Section {
  const { sigma, tolerance } = options;
  const rows = kernels
    .filter((one) => one.n === n)
    .map(({ norm, kernel, usable, precise }) => [
      kernel,
      normWords(norm),
      rangeText(usable, sigma),
      rangeText(precise, sigma),
    ]);
  return {
    title: `Kernels: usable σ, with an error of at most ${percent(tolerance)}, and precise σ`,
    columns: columnsOf(["kernel", "norm", "usable", "precise"], 2).map((column, i) =>
      i === 3 ? { ...column, shed: 0 } : column,
    ),
    rows,
    names: true,
  };
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
  const { options, ranges, kernels, stagnation } = result;
  const titled = (section: Section, where: string): Section => ({
    ...section,
    title: section.title.replace(":", `${where}:`),
  });
  const sections = options.counts.flatMap((n) => {
    const size = `, n = ${integer(n)}`;
    const arithmetic = ` in ${options.compute}${size}`;
    return [
      ...(ranges.length ? [usableSection(result, n), preciseSection(result, n)] : []).map((one) =>
        titled(one, arithmetic),
      ),
      ...(kernels.length ? [titled(kernelSection(result, n), size)] : []),
    ];
  });
  return stagnation.length ? [...sections, stagnationSection(result)] : sections;
}
