// halfnorm merge: what it takes, and the parts of a diagnosis in one.

import { DiagnosedOutput } from "../diagnosed/output.js";
import { FAIL_ON } from "../diagnosed/result.js";
import { checkNames } from "../files/input.js";
import { ReportFile } from "../files/report-file.js";
import { UsageError } from "../terminal/errors.js";
import { command } from "../terminal/options.js";
import { Progress } from "../terminal/output.js";
import { HTML_OPTION, jsonOption } from "../terminal/shared-options.js";
import { oneOf, optional } from "../terminal/values.js";

export const merge = command({
  operands: "PART.json...",
  about: [
    "Joins what the parts of a diagnosis found, each the JSON of halfnorm diagnose --shard I/N: the result is that of one run over everything, whoever did the parts and in whatever order they are named.",
    "PART.json may be - for standard input.",
  ],
  options: {
    details: { type: "boolean", help: "Also show every norm stage by stage." },
    "fail-on": {
      type: "string",
      value: "VERDICT",
      help: "Exit with 1 if a verdict is failed, or degraded and worse. Default: what the parts were asked for.",
    },
    json: jsonOption("diagnose"),
    html: HTML_OPTION,
  },
  examples: [
    ["merge part-*.json", "What all parts found."],
    ["merge part-1.json part-2.json --html report.html --fail-on failed", "A report, and a check."],
  ],

  async run(values, operands) {
    if (!operands.length) throw new UsageError("merge takes files that diagnose --shard I/N --json has written");
    checkNames(operands);
    const failOn = optional(values["fail-on"], (verdict) => oneOf("fail-on", verdict, FAIL_ON));
    const report = optional(values.html, (path) => new ReportFile(path, operands));
    const bar = new Progress();
    try {
      const { joined } = await import("./join.js");
      const { tensors, skipped, options } = await joined(operands, (done, what) => bar.step(done, what));
      const { json = false, details = false } = values;
      const checks = { failOn: failOn ?? options.failOn ?? undefined, tolerance: options.toleranceUlp ?? undefined };
      const output = new DiagnosedOutput({ ...checks, json, details, report }, bar);
      for (const { tensor, figures } of tensors) await output.found(tensor, figures);
      return await output.finish(skipped, options);
    } finally {
      bar.end();
      report?.abandon();
    }
  },
});
