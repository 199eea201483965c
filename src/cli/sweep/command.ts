// halfnorm sweep: what it takes and what it shows.

import { KERNEL_KINDS } from "../../numerics/kernels.js";
import { normWords } from "../../text/words.js";
import { ReportFile } from "../files/report-file.js";
import { FINE } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { checkKernelAlone, kernelNamed, LIST, listKernels } from "../terminal/kernels.js";
import { command } from "../terminal/options.js";
import { Progress, print, printJson } from "../terminal/output.js";
import { quote } from "../terminal/printable.js";
import { sectionsText } from "../terminal/sections.js";
import { ARITHMETIC_OPTION, HTML_OPTION, jsonOption, NORMS_OPTION } from "../terminal/shared-options.js";
import {
  ACCUMULATES,
  FORMATS,
  integer,
  list,
  norms,
  number,
  ORDERS,
  oneOf,
  optional,
  USUAL_NORMS,
} from "../terminal/values.js";
import { sweepSections } from "./sections.js";
import { sweep as sweepNorms } from "./sweep.js";

const MAX_COUNT = 2 ** 20;

export const sweep = command({
  operands: "",
  about: [
    "Which data each norm can take: normal data of growing σ go through a layer norm (eps 0) in an arithmetic whose every operation is rounded, and the output is compared with the exact one. Then how much of a long sum is left.",
  ],
  options: {
    norm: NORMS_OPTION,
    n: { type: "string", value: "LIST", help: "Elements of a group. Default: 256." },
    sigma: { type: "string", value: "LOW:HIGH", help: "Range of σ. Default: 1e-5:1e4." },
    arithmetic: ARITHMETIC_OPTION,
    accumulate: {
      type: "string",
      value: "LIST",
      help: "Formats of the sums, or exact. Default: float32 and that of the arithmetic.",
    },
    order: {
      type: "string",
      value: "LIST",
      help: `Orders of the sums: ${ORDERS.join(", ")}, for sums in the format of the arithmetic; others are taken in the first one. Default: all.`,
    },
    kernel: {
      type: "string",
      value: "LIST",
      help: "In place of an arithmetic: kernels of runtimes, side by side, by the names that --kernel list shows. Default: the four kinds of them, beside the arithmetic where that is float16.",
    },
    tolerance: {
      type: "string",
      value: "X",
      help: "Error of the output that is still usable, relative, root mean square. Default: 0.25.",
    },
    seed: { type: "string", value: "N", help: "Seed of the data. Default: 1." },
    json: jsonOption("sweep"),
    html: HTML_OPTION,
  },
  examples: [
    ["sweep", "The usable range of σ in float16, and where sums stop growing."],
    ["sweep --norm l2,l1 --n 256,4096 --accumulate float16 --order sequential", "Two norms, in a single accumulator."],
    ["sweep --norm l2 --kernel 'float16 sums,onnxruntime-web/webgpu ReduceMean'", "What kernels of runtimes can take."],
    ["sweep --arithmetic bfloat16 --json > bfloat16.json", "Another format, for a program."],
  ],

  async run(values, operands) {
    checkKernelAlone(values);
    if (values.kernel === LIST) return listKernels(values.json);
    if (operands.length) throw new UsageError(`sweep takes no file, got ${quote(operands[0])}`);
    const compute = oneOf("arithmetic", values.arithmetic ?? "float16", FORMATS);
    const [low, high, ...more] = (values.sigma ?? "1e-5:1e4").split(":");
    if (high === undefined || more.length)
      throw new UsageError(`--sigma must be LOW:HIGH, got ${quote(values.sigma ?? "")}`);
    const from = number("sigma", low, 1e-30, 1e30);
    const kernels = optional(values.kernel, (text) => [...new Set(list("kernel", text))].map(kernelNamed));
    const accumulates = values.accumulate ? list("accumulate", values.accumulate) : ["float32", compute];
    const options = {
      norms: norms("norm", values.norm ?? USUAL_NORMS),
      counts: list("n", values.n ?? "256").map((n) => integer("n", n, 2, MAX_COUNT)),
      sigma: [from, number("sigma", high, from, 1e30)] as const,
      compute,
      accumulates: kernels ? [] : [...new Set(accumulates)].map((name) => oneOf("accumulate", name, ACCUMULATES)),
      orders: list("order", values.order ?? ORDERS.join(",")).map((name) => oneOf("order", name, ORDERS)),
      kernels: kernels ?? (compute === "float16" ? KERNEL_KINDS : []),
      tolerance: number("tolerance", values.tolerance ?? "0.25", 0, 1),
      seed: integer("seed", values.seed ?? "1", 0, 2 ** 32 - 1),
    };
    const least = Math.min(...options.counts);
    const larger = options.norms.find((norm) => typeof norm === "object" && "topk" in norm && norm.topk > least);
    if (larger) throw new UsageError(`--norm has ${normWords(larger)}, more than the ${least} elements of a group`);
    const report = optional(values.html, (path) => new ReportFile(path, []));
    const progress = new Progress();
    try {
      const result = await sweepNorms(options, (done, what) => progress.step(done, what));
      progress.end();
      if (report) report.finish((await import("./page.js")).sweepPage(result));
      if (values.json) await printJson(result);
      else await print(sectionsText(sweepSections(result)));
      return FINE;
    } finally {
      progress.end();
      report?.abandon();
    }
  },
});
