// A comparison of files as sections of text.

import { columnsOf } from "../../text/page.js";
import { brief, fixed, integer } from "../../text/words.js";
import { printable } from "../terminal/printable.js";
import type { Section } from "../terminal/sections.js";
import type { CompareResult } from "./compare-files.js";

export function compareSections({ actual, expected, toleranceUlp, tensors }: CompareResult): Section[] {
  const rows = tensors.map(({ name, comparison, passes }) => {
    const { format, p50Ulp, p99Ulp, maxUlp, sqnrDb, mismatchedSpecials } = comparison;
    return [
      printable(name, 40),
      typeof format === "string" ? format : "",
      ...[p50Ulp, p99Ulp, maxUlp].map((ulp) => fixed(ulp, 2)),
      fixed(sqnrDb, 1),
      integer(mismatchedSpecials),
      ...(toleranceUlp === null
        ? []
        : [passes ? { text: "ok", style: "green" as const } : { text: "failed", style: "red" as const }]),
    ];
  });
  const failed = tensors.filter(({ passes }) => !passes).length;
  const within =
    toleranceUlp === null
      ? []
      : [`${integer(failed)} of ${integer(tensors.length)} tensors are not within ${brief(toleranceUlp)} ulp.`];
  const same = tensors.flatMap(({ name, comparison: { equalNans, equalInfinities } }) =>
    equalNans || equalInfinities
      ? [
          `${printable(name, 40)}: ${integer(equalNans)} NaN and ${integer(equalInfinities)} infinities stand in the same places of both, which counts as equal.`,
        ]
      : [],
  );
  return [
    {
      title: `${printable(actual)} against ${printable(expected)}`,
      columns: [
        ...columnsOf(["tensor", "ulp of", "median", "99 %", "worst", "SQNR dB", "NaN/inf"], 2),
        ...(toleranceUlp === null ? [] : [{ title: "", left: true }]),
      ],
      rows,
      notes: [...within, ...same],
    },
  ];
}
