// A comparison of files as sections of text.

import { TITLES } from "../../diagnosis/words.js";
import type { Cell } from "../../text/page.js";
import { brief, fixed, integer } from "../../text/words.js";
import { type Tally, tallyNotes } from "../files/elements.js";
import { byReason } from "../files/left-out.js";
import { few, printable } from "../terminal/printable.js";
import type { Section } from "../terminal/section.js";
import type { ComparedTensor, CompareHead } from "./compare-files.js";

/** What is shown of a tensor among others. */
export function compareRow({ name, comparison, passes, beyond }: ComparedTensor): (Cell | string)[] {
  const { format, p50Ulp, p99Ulp, maxUlp, sqnrDb, mismatchedSpecials } = comparison;
  return [
    printable(name, 200),
    typeof format === "string" ? format : "",
    fixed(sqnrDb, 1),
    integer(mismatchedSpecials),
    ...[p50Ulp, p99Ulp, maxUlp].map((ulp) => fixed(ulp, 2)),
    ...(beyond === undefined
      ? []
      : [
          integer(beyond),
          passes ? { text: "ok", style: "green" as const } : { text: "failed", style: "red" as const },
        ]),
  ];
}

/** What is to be said besides: what was left out, and what reading changed. */
export function compareNotes({ skipped = [] }: CompareHead, changed: Tally): string[] {
  // what both files have is told once
  const once = new Map(skipped.map((one) => [JSON.stringify([one.name, one.reason]), one]));
  const notes = byReason([...once.values()]).map(({ reason, names }) => `Not compared, ${reason}: ${names}.`);
  return [...notes, ...tallyNotes(changed)];
}

/** Special values that count as equal, and the tensors that have them. */
export interface EqualSpecials {
  nans: number;
  infinities: number;
  readonly names: string[];
}

function equalNotes({ nans, infinities, names }: EqualSpecials): string[] {
  if (!names.length) return [];
  return [
    `${integer(nans)} NaN and ${integer(infinities)} infinities stand in the same places of both, which counts as equal: ${few(names, 3)}.`,
  ];
}

/** "4 ulp but for 0.5 % of the elements". */
export const toleranceWords = (toleranceUlp: number, outlierPercent: number | undefined): string =>
  outlierPercent === undefined
    ? `${brief(toleranceUlp)} ulp`
    : `${brief(toleranceUlp)} ulp but for ${brief(outlierPercent)} % of the elements`;

/** @param failed How many tensors do not pass. */
export function compareSections(
  head: CompareHead,
  rows: readonly (Cell | string)[][],
  failed: number,
  changed: Tally,
  equal: EqualSpecials,
): Section[] {
  const { actual, expected, toleranceUlp, outlierPercent } = head;
  const checked = toleranceUlp !== null;
  return [
    {
      title: `${printable(actual, 1024)} against ${printable(expected, 1024)}`,
      columns: [
        { title: "tensor", left: true },
        { title: "ulp of", left: true, shed: 1 },
        { title: TITLES.sqnr, shed: 4 },
        { title: TITLES.specials, shed: 6 },
        { title: TITLES.median, shed: 3 },
        { title: TITLES.p99, shed: 2 },
        { title: TITLES.worst },
        ...(checked
          ? [
              { title: "beyond", shed: 5 },
              { title: "check", left: true },
            ]
          : []),
      ],
      rows,
      names: true,
      notes: [
        ...(checked
          ? [
              `${integer(failed)} of ${integer(rows.length)} tensors are not within ${toleranceWords(toleranceUlp, outlierPercent)}.`,
            ]
          : []),
        ...equalNotes(equal),
        ...compareNotes(head, changed),
      ],
    },
  ];
}
