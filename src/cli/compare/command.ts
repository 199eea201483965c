// halfnorm compare: what it takes, and what its exit code says.

import { AS_OPTION, rawTypeOf } from "../files/raw-option.js";
import { CHECK_FAILED, FINE } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { command } from "../terminal/options.js";
import { Progress } from "../terminal/output.js";
import {
  JOBS_OPTION,
  jobsOf,
  jsonOption,
  tensorOption,
  toleranceOf,
  toleranceOption,
} from "../terminal/shared-options.js";
import { FORMATS, number, oneOf, optional } from "../terminal/values.js";
import { compareFiles } from "./compare-files.js";
import { ComparedJson, ComparedText } from "./output.js";

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
    outliers: {
      type: "string",
      value: "PERCENT",
      help: "Of the elements of a tensor, how many may have an error beyond --tolerance-ulp. Default: 0.",
    },
    as: AS_OPTION,
    jobs: JOBS_OPTION,
    json: jsonOption("compare"),
  },
  examples: [
    ["compare half.npy single.npy", "The error of half.npy in ulp of its own format."],
    ["compare new.safetensors old.safetensors --tensor 'conv*' --tolerance-ulp 1", "A check, by the exit code."],
    ["compare half.npy single.npy --tolerance-ulp 2 --outliers 0.1", "One element of a thousand may be further off."],
    ["compare out.npy expected.npy --format bfloat16 --json", "For a program."],
  ],

  async run(values, operands) {
    const [actual, expected, ...more] = operands;
    if (expected === undefined || more.length) {
      throw new UsageError(`compare takes two files, ACTUAL and EXPECTED, got ${operands.length}`);
    }
    const tolerance = toleranceOf(values["tolerance-ulp"]);
    const outlierPercent = optional(values.outliers, (percent) => number("outliers", percent, 0, 100));
    if (outlierPercent !== undefined && tolerance === undefined) {
      throw new UsageError("--outliers goes with --tolerance-ulp: it says how many elements may be beyond that");
    }
    const options = {
      actual,
      expected,
      tensors: values.tensor,
      as: rawTypeOf(values.as),
      format: optional(values.format, (format) => oneOf("format", format, FORMATS)),
      tolerance,
      outlierPercent,
      jobs: jobsOf(values.jobs),
    };
    const progress = new Progress();
    try {
      const output = values.json ? new ComparedJson() : new ComparedText();
      await compareFiles(options, {
        begin: (head) => output.begin(head),
        found: (tensor) => output.found(tensor),
        progress: (done, what) => progress.update(done, what),
      });
      progress.end();
      return (await output.end()) ? FINE : CHECK_FAILED;
    } finally {
      progress.end();
    }
  },
});
