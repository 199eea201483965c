// halfnorm bench: what it takes and what it shows.

import { TITLES } from "../../diagnosis/words.js";
import { columnsOf } from "../../text/page.js";
import { brief, integer as grouped } from "../../text/words.js";
import { FINE } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { command } from "../terminal/options.js";
import { Progress, print, printJson } from "../terminal/output.js";
import { quote } from "../terminal/printable.js";
import type { Section } from "../terminal/section.js";
import { sectionsText } from "../terminal/sections.js";
import { jsonOption } from "../terminal/shared-options.js";
import { integer } from "../terminal/values.js";
import { type BenchResult, bench as benchKernels, ROWS } from "./bench.js";

function sections({ machine, elements, lines }: BenchResult): Section[] {
  const { cpu, cores, platform, node, load } = machine;
  const ulp = (value: number | null): string => (value === null ? "" : brief(value, 2));
  const notes = ["GB/s: operands read and results written. Errors are in ulp of float32, against exact values."];
  // the measurement itself makes up for one
  if (load > 1.5) notes.push(`The load is ${load.toFixed(1)}: other programs are running, the figures are unreliable.`);
  return [
    {
      title: `${cpu}, ${cores} cores, ${platform}, Node ${node}; ${grouped(elements)} resident elements in ${ROWS} rows`,
      columns: columnsOf(["kernel", "GB/s", "ns/element", TITLES.p99, TITLES.worst]),
      rows: lines.map(({ what, gbPerSecond, nsPerElement, maxUlp, p99Ulp }) => [
        what,
        brief(gbPerSecond),
        brief(nsPerElement),
        ulp(p99Ulp),
        ulp(maxUlp),
      ]),
      notes,
    },
  ];
}

export const bench = command({
  operands: "",
  about: ["How fast the main kernels are on this machine, and how far from exact. Takes a few seconds."],
  options: {
    elements: { type: "string", value: "N", help: `Elements of the operands, in ${ROWS} rows. Default: 1048576.` },
    time: { type: "string", value: "MS", help: "Time for each line, in milliseconds. Default: 150." },
    json: jsonOption("bench"),
  },
  examples: [
    ["bench", "A table."],
    ["bench --json > bench.json", "For a program."],
  ],

  async run(values, operands) {
    if (operands.length) throw new UsageError(`bench takes no file, got ${quote(operands[0])}`);
    const elements = integer("elements", values.elements ?? String(2 ** 20), ROWS, 2 ** 26);
    const time = integer("time", values.time ?? "150", 1, 60_000);
    const progress = new Progress();
    try {
      const result = await benchKernels(Math.floor(elements / ROWS), time, (done, what) => progress.step(done, what));
      progress.end();
      if (values.json) await printJson(result);
      else await print(sectionsText(sections(result)));
      return FINE;
    } finally {
      progress.end();
    }
  },
});
