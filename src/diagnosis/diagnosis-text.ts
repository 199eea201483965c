// A diagnosis as text for a terminal.

import { wrong } from "../checks/arguments.js";
import { type Column, columnsOf, type Page, type TextOptions } from "../text/page.js";
import { brief, fixed, integer, normWords, percent, signed } from "../text/words.js";
import { type Attribution, DIAGNOSIS_SCHEMA, type Diagnosis, EVENTS, type Stage } from "./result.js";
import { textOf } from "./text-of.js";
import { arithmeticWords, gainCell, gainOf, LAYERS, TITLES, ulp, VERDICTS } from "./words.js";

function title({ subject, input }: Diagnosis): string {
  const { layer, axes, norm, centred, groups, given } = subject;
  const what = layer ? LAYERS[layer] : centred ? "normalization" : "normalization without centring";
  const over =
    layer && !groups ? "" : groups ? `, ${groups} groups of channels` : `, over axes ${axes.join(", ") || "none"}`;
  const by = given ? ", mean and deviation given" : "";
  return `${normWords(norm)} ${what} of ${input.dtype} [${input.shape.join(", ")}]${over}${by}, in ${arithmeticWords(subject)}`;
}

function stageTable(page: Page, stages: readonly Stage[]): void {
  const columns: Column[] = [
    { title: "stage", left: true },
    { title: `own ${TITLES.worst}`, shed: 1 },
    { title: `total: ${TITLES.sqnr}`, shed: 5 },
    { title: TITLES.specials, shed: 6 },
    { title: TITLES.median, shed: 4 },
    { title: TITLES.p99, shed: 2 },
    { title: TITLES.worst, shed: 3 },
  ];
  const rows = stages.map(({ name, own, total }) => [
    name,
    ulp(own.maxUlp),
    fixed(total.sqnrDb, 1),
    integer(total.mismatchedSpecials),
    ulp(total.p50Ulp),
    ulp(total.p99Ulp),
    ulp(total.maxUlp),
  ]);
  page.table(columns, rows);
}

function eventTable(page: Page, stages: readonly Stage[]): void {
  const serious: boolean[] = [];
  const rows = stages.flatMap(({ name, events, firsts }) =>
    EVENTS.filter((event) => events[event] > 0).map((event) => {
      serious.push(event === "overflow" || event === "invalid");
      const first = firsts[event];
      const place = first ? [String(first.group), first.index === null ? "-" : String(first.index)] : ["-", "-"];
      return [name, event, integer(events[event]), ...place];
    }),
  );
  if (!rows.length) return;
  page.gap();
  const titles = ["stage", "event", "operations", "first: group", "element"];
  page.table(columnsOf(titles, 2), rows, { rows: (i) => (serious[i] ? "red" : undefined) });
}

/** "input 0.1, accumulation -0.3, final 0.01". */
function partsOf({ input, terms, accumulation, final }: Attribution): string {
  const parts = { input, terms, accumulation, final };
  const present = Object.entries(parts).filter(([, part]) => part !== undefined);
  return present.map(([name, part]) => `${name} ${signed(part as number)}`).join(", ");
}

function facts(page: Page, { stages, headroom, headroomAt, condition, bound, subject }: Diagnosis): void {
  page.gap();
  for (const { name, attribution } of stages) {
    if (!attribution) continue;
    const { group, total } = attribution;
    page.text(`Error of the ${name} of group ${group}: ${signed(total)} = ${partsOf(attribution)}`);
  }
  if (headroom !== null) page.text(`Headroom: ${brief(headroom)} binades, least at the stage ${headroomAt}`);
  // no sums, and so nothing of them
  if (subject.given) return;
  if (subject.centred) {
    const infinite = (value: number | null) => (value === null ? "∞" : brief(value));
    page.text(`Condition of the means: median ${infinite(condition.median)}, largest ${infinite(condition.max)}`);
  }
  const { terms, depth, worst, probable, measured } = bound;
  const limit = worst === null ? "no bound" : `bound ${brief(worst)}`;
  page.text(
    `Sums of ${integer(terms)} terms, ${integer(depth)} additions deep, relative error: measured ${brief(measured)}, ` +
      `probable ${brief(probable)}, ${limit}`,
  );
}

function remedyTable(page: Page, { remedies, error: found }: Diagnosis): void {
  if (!remedies.length) return;
  page.gap();
  const rows = remedies.map(({ change, error }, i) => [
    change,
    gainCell(remedies[i], found),
    fixed(error.sqnrDb, 1),
    integer(error.mismatchedSpecials),
    ulp(error.p50Ulp),
    ulp(error.p99Ulp),
  ]);
  const columns: Column[] = [
    { title: "remedies, each run on this data", left: true },
    { title: TITLES.gain },
    { title: TITLES.sqnr, shed: 3 },
    { title: TITLES.specials, shed: 4 },
    { title: TITLES.median, shed: 2 },
    { title: TITLES.p99, shed: 1 },
  ];
  const helps = (i: number): boolean => gainOf(remedies[i], found) >= 3;
  page.table(columns, rows, { rows: (i) => (helps(i) ? "green" : undefined) });
}

function write(page: Page, diagnosis: Diagnosis): void {
  const { input, stages, verdict, reason, notes } = diagnosis;
  page.text(title(diagnosis));
  const { groups, groupSize, absMin, absMax, count, subnormal, nan, infinite } = input;
  const range = absMax === null || absMin === null ? "" : `; magnitudes ${brief(absMin)} to ${brief(absMax)}`;
  const small = subnormal ? `, ${percent(subnormal, count)} subnormal` : "";
  const specials = [nan && `${integer(nan)} NaN`, infinite && `${integer(infinite)} infinite`].filter(Boolean);
  const others = specials.length ? `${range ? "," : ";"} ${specials.join(", ")}` : "";
  page.text(`${integer(groups)} groups of ${integer(groupSize)}${range}${small}${others}`);
  page.gap();
  page.text(`${verdict}: ${reason}`, VERDICTS[verdict]);
  for (const note of notes) {
    if (typeof note !== "string") throw wrong("notes", "texts", note);
    page.text(`note: ${note}`, "dim");
  }
  page.gap();
  stageTable(page, stages);
  eventTable(page, stages);
  facts(page, diagnosis);
  remedyTable(page, diagnosis);
}

/**
 * A diagnosis as tables for a terminal, lines of at most `width` columns, with a line feed behind each. Errors are in ulp
 * of the format of the stage.
 *
 * @param diagnosis Of diagnose(), also after JSON.
 * @throws {TypeError} for what is no diagnosis, a wrong type or an unknown option.
 * @throws {RangeError} for a `width` out of range.
 */
export function formatDiagnosis(diagnosis: Diagnosis, options?: TextOptions): string {
  return textOf("diagnosis", diagnosis, DIAGNOSIS_SCHEMA, "diagnose", options, (page) => write(page, diagnosis));
}
