import { AS_OPTION, rawTypeOf } from "../files/raw-option.js";
import { CHECK_FAILED, FINE } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { command } from "../terminal/options.js";
import { Progress, print, printJson, terminalPage, textOptions } from "../terminal/output.js";
import { sectionsText } from "../terminal/sections.js";
import {
  JOBS_OPTION,
  jobsOf,
  jsonOption,
  tensorOption,
  toleranceOf,
  toleranceOption,
} from "../terminal/shared-options.js";
import { FORMATS, oneOf, optional } from "../terminal/values.js";

export const compare = command({
  operands: "ACTUAL EXPECTED",
  about: [
    "How far the tensors of one file are from those of another, whose values count as exact: errors in ulp, and the tolerances at which NumPy and PyTorch would call them close.",
    "Files are .npy, .npz, .safetensors, or the .safetensors.index.json of a checkpoint in several files; one of them may be - for standard input. Tensors are compared with those of the same name, or with the only one.",
  ],
  options: {
    tensor: tensorOption("Compare"),
    format: {
      type: "string",
      value: "FORMAT",
      help: `Whose spacing is the ulp: ${FORMATS.join(", ")}. Default: that of ACTUAL.`,
    },
    "tolerance-ulp": toleranceOption("Exit with 1 if any error is larger, or special in one only."),
    as: AS_OPTION,
    jobs: JOBS_OPTION,
    json: jsonOption("compare"),
  },
  examples: [
    ["compare half.npy single.npy", "The error of half.npy in ulp of its own format."],
    ["compare new.safetensors old.safetensors --tensor 'conv*' --tolerance-ulp 1", "A check, by the exit code."],
    ["compare out.npy expected.npy --format bfloat16 --json", "For a program."],
  ],

  async run(values, operands) {
    const [actual, expected, ...more] = operands;
    if (expected === undefined || more.length) {
      throw new UsageError(`compare takes two files, ACTUAL and EXPECTED, got ${operands.length}`);
    }
    const tolerance = values["tolerance-ulp"];
    const options = {
      actual,
      expected,
      tensors: values.tensor,
      as: rawTypeOf(values.as),
      format: optional(values.format, (format) => oneOf("format", format, FORMATS)),
      tolerance: toleranceOf(tolerance),
      jobs: jobsOf(values.jobs),
    };
    const progress = new Progress();
    try {
      const { compareFiles } = await import("./compare-files.js");
      const result = await compareFiles(options, (done, what) => progress.update(done, what));
      progress.end();
      if (values.json) {
        await printJson(result);
      } else if (result.tensors.length > 1) {
        await print(sectionsText((await import("./sections.js")).compareSections(result)));
      } else {
        const { formatComparison } = await import("../../index.js");
        const [{ comparison, passes }] = result.tensors;
        await print(formatComparison(comparison, textOptions()));
        const page = terminalPage();
        const verdict = passes ? page.paint("ok: within", "green") : page.paint("failed: not within", "red");
        if (tolerance !== undefined) await print(`\n${verdict} ${tolerance} ulp\n`);
      }
      return result.passes ? FINE : CHECK_FAILED;
    } finally {
      progress.end();
    }
  },
});
