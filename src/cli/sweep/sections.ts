// What a sweep found, as tables.

import { columnsOf } from "../../text/page.js";
import { integer, normWords } from "../../text/words.js";
import { endsInWords, type SigmaRange } from "../report/sigma-range.js";
import type { Summation, UsableRange } from "../report/usable-ranges.js";
import type { Section } from "../terminal/sections.js";
import type { Stagnation, SweepResult } from "./sweep.js";

/** Sums in the format of the arithmetic are told apart by their order. */
export const summationTitle = ({ accumulate, order }: Summation, compute: string): string =>
  accumulate === compute ? order : `${accumulate} sums`;

const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;

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

export function sweepSections({ options, ranges, stagnation }: SweepResult): Section[] {
  const { compute, sigma, tolerance, counts } = options;
  const ranged = (n: number, pick: (one: UsableRange) => SigmaRange | null) =>
    crossed(
      "",
      compute,
      ranges.filter((one) => one.n === n),
      ({ norm }) => normWords(norm),
      (one) => rangeText(pick(one), sigma),
    );
  const sections = counts.flatMap((n): Section[] => [
    {
      title: `Usable σ in ${compute}, n = ${integer(n)}: error at most ${percent(tolerance)}`,
      ...ranged(n, ({ usable }) => usable),
    },
    {
      title: `Precise σ in ${compute}, n = ${integer(n)}: error at most twice the least`,
      ...ranged(n, ({ precise }) => precise),
    },
  ]);
  const sums = crossed(
    "n",
    compute,
    stagnation,
    ({ n }: Stagnation) => integer(n),
    ({ ratio }) => (ratio === null ? "∞" : ratio.toFixed(3)),
  );
  return [...sections, { title: "Stagnation: Σ|x| of n values of N(0, 1), part of the exact sum", ...sums }];
}
