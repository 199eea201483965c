// A model from a file, diagnosed and shown.

import { diagnoseModel, ModelError } from "../../onnx/index.js";
import { FAIL_ON } from "../diagnosed/result.js";
import { matchesGlob } from "../files/glob.js";
import { checkNames } from "../files/input.js";
import { ReportFile } from "../files/report-file.js";
import { CHECK_FAILED, FINE } from "../terminal/checks.js";
import { FileError, messageOf, UsageError } from "../terminal/errors.js";
import { Progress, print, printJson } from "../terminal/output.js";
import { printable } from "../terminal/printable.js";
import { sectionsText } from "../terminal/sections.js";
import { oneOf, optional } from "../terminal/values.js";
import { KEEP_LIST, keepText } from "./keep.js";
import { externalReader, readModelFile } from "./model-file.js";
import { onnxruntime } from "./onnxruntime.js";
import { modelQuestion } from "./options.js";
import { readInputs } from "./read-inputs.js";
import { modelSections } from "./sections.js";
import { decisive, worstVerdict } from "./view.js";

interface Values {
  readonly json?: boolean;
  readonly html?: string;
  readonly "fail-on"?: string;
}

/** @returns The exit code. */
export async function diagnoseModelFile(values: Values & object, operands: readonly string[]): Promise<number> {
  if (operands.length !== 1) throw new UsageError("one model is diagnosed at a time, and no tensors beside it");
  const [path] = operands;
  const question = modelQuestion(values as Record<string, unknown>);
  const failOn = optional(values["fail-on"], (verdict) => oneOf("fail-on", verdict, FAIL_ON));
  checkNames(question.inputs);
  const read = [path, ...question.inputs];
  const files: ReportFile[] = [];
  const bar = new Progress();
  try {
    const report = optional(values.html, (name) => new ReportFile(name, read));
    if (report) files.push(report);
    const keep = optional(question.keep, (name) => new ReportFile(name, read, KEEP_LIST));
    if (keep) files.push(keep);
    const runtime = await onnxruntime();
    const bytes = await readModelFile(path);
    const inputs = [];
    for (const name of question.inputs) inputs.push(await readInputs(name));
    const { layers, random, runtime: target, format, effect } = question;
    const model = await diagnoseModel(bytes, {
      runtime,
      inputs,
      random,
      target,
      format,
      effect,
      ...(layers && { layers: (name) => layers.some((pattern) => matchesGlob(pattern, name)) }),
      externalData: externalReader(path),
      name: path,
      sources: question.inputs.map((name) => (name === "-" ? "standard input" : name)),
      progress: (done) => bar.update(done, "diagnosed"),
    }).catch((error) => {
      throw told(error, path);
    });
    if (report) {
      const { modelPage } = await import("./page.js");
      report.finish(modelPage(model));
    }
    keep?.finish(keepText(model));
    bar.end();
    if (values.json) await printJson(model);
    else await print(sectionsText(modelSections(model)));
    const verdict = worstVerdict(model);
    const fails = failOn !== undefined && model.layers.length > 0 && (verdict === "failed" || verdict === failOn);
    return fails && decisive(model) >= 0 ? CHECK_FAILED : FINE;
  } finally {
    bar.end();
    for (const file of files) file.abandon();
  }
}

/** What is wrong with the model, or with what it was given, in a line. */
function told(error: unknown, path: string): unknown {
  if (error instanceof ModelError) return new FileError(path, printable(error.message, 600), { cause: error });
  // of the inputs: everything else has been checked
  if (error instanceof RangeError || error instanceof TypeError) {
    return new UsageError(printable(messageOf(error), 600), { cause: error });
  }
  return error;
}
