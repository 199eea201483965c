// A comparison as text for a terminal.

import { columnsOf, type Page, type TextOptions } from "../text/page.js";
import { brief, fixed, formatWords, integer } from "../text/words.js";
import { COMPARISON_SCHEMA, type Comparison } from "./compare.js";
import type { ErrorStatistics } from "./result.js";
import { textOf } from "./text-of.js";
import type { Tolerances } from "./tolerances.js";
import { ulp } from "./words.js";

function statisticsTable(page: Page, e: ErrorStatistics): void {
  const where = e.worstIndex === null ? "" : ` at element ${e.worstIndex}`;
  const rows = [
    ["largest error", `${ulp(e.maxUlp)} ulp${where}`],
    ["mean, root mean square", `${ulp(e.meanUlp)}, ${ulp(e.rmsUlp)} ulp`],
    ["median, 99 %, 99.9 %", `${ulp(e.p50Ulp)}, ${ulp(e.p99Ulp)}, ${ulp(e.p999Ulp)} ulp`],
    ["largest, absolute and relative", `${brief(e.maxAbs)}, ${brief(e.maxRel)}`],
    ["SQNR", e.sqnrDb === null ? "-" : `${fixed(e.sqnrDb, 1)} dB`],
    ["cosine", e.cosine === null ? "-" : String(e.cosine)],
    ["bits that every value keeps", brief(e.significantBits)],
    ["NaN or infinite in one only", integer(e.mismatchedSpecials)],
  ];
  // where a line has no room for both, the value stands behind the name
  const room = Math.max(...rows.map(([, value]) => value.length)) + 32 <= page.width;
  for (const [name, value] of rows) page.text(room ? `${name.padEnd(32)}${value}` : `${name}: ${value}`);
}

/** To three digits, away from 0, so that what is shown passes. */
function upwards(value: number | null): string {
  if (!value) return value === null ? "none" : "0";
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return brief(Number((Math.ceil(value / step) * step).toPrecision(3)));
}

function toleranceTable(page: Page, { numpy, torch }: Comparison["tolerances"]): void {
  const row = (name: string, of: (tolerances: Tolerances) => string) => [name, of(numpy), of(torch)];
  const rows = [
    row("defaults", ({ defaults: { rtol, atol } }) => `rtol ${brief(rtol)}, atol ${brief(atol)}`),
    row("with the defaults", ({ passes }) => (passes ? "passes" : "fails")),
    row("smallest rtol at atol 0", ({ rtol }) => upwards(rtol)),
    row("smallest atol at rtol 0", ({ atol }) => upwards(atol)),
    row("smallest rtol at the default atol", ({ rtolAtDefaultAtol }) => upwards(rtolAtDefaultAtol)),
    row("smallest atol at the default rtol", ({ atolAtDefaultRtol }) => upwards(atolAtDefaultRtol)),
  ];
  page.table(columnsOf(["tolerances", "numpy assert_allclose", "torch assert_close"]), rows, { below: true });
}

/**
 * A comparison as text for a terminal, as formatDiagnosis() does it. The tolerances are those at which the assertions of
 * NumPy and PyTorch pass: one of them alone, the other being 0, or beside the default of the other.
 *
 * @param comparison Of compare(), also after JSON.
 * @throws {TypeError} for what is no comparison, a wrong type or an unknown option.
 * @throws {RangeError} for a `width` out of range.
 */
export function formatComparison(comparison: Comparison, options?: TextOptions): string {
  return textOf("comparison", comparison, COMPARISON_SCHEMA, "compare", options, (page) => {
    const { dtypes, shape, format, count, equalNans, equalInfinities, firstDifference, tolerances } = comparison;
    page.text(
      `${dtypes.actual} against ${dtypes.expected}, [${shape.join(", ")}], ${integer(count)} elements, in ulp of ${formatWords(format)}`,
    );
    const same = equalNans + equalInfinities;
    const specials = same
      ? `; ${integer(equalNans)} NaN and ${integer(equalInfinities)} infinities in the same places`
      : "";
    page.text(
      firstDifference === null ? `equal${specials}` : `first difference at element ${firstDifference}${specials}`,
    );
    page.gap();
    statisticsTable(page, comparison);
    page.gap();
    toleranceTable(page, tolerances);
  });
}
