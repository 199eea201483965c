// halfnorm diagnose, of tensors and of models: what it takes, and whether the two go together.

import { LAYERS as IN_WORDS } from "../../diagnosis/words.js";
import type { ArithmeticInUse, LayerName } from "../../index.js";
import { KERNEL_KINDS } from "../../numerics/kernels.js";
import { MAX_RANK } from "../../tensor/shape.js";
import type { Grouping } from "../diagnosed/assumed.js";
import { DiagnosedOutput } from "../diagnosed/output.js";
import { FAIL_ON } from "../diagnosed/result.js";
import { partOf } from "../diagnosed/shard.js";
import { AS_OPTION, rawTypeOf } from "../files/raw-option.js";
import { ReportFile } from "../files/report-file.js";
import { checkNoModel, isModel, MODEL_OPTIONS } from "../models/options.js";
import { UsageError } from "../terminal/errors.js";
import { ALL, checkKernelAlone, kernelArithmetic, kernelNamed, LIST, listKernels } from "../terminal/kernels.js";
import { command } from "../terminal/options.js";
import { outputClosed, Progress } from "../terminal/output.js";
import { quote } from "../terminal/printable.js";
import {
  ARITHMETIC_OPTION,
  HTML_OPTION,
  JOBS_OPTION,
  jobsOf,
  jsonOption,
  KERNEL_OPTION,
  NORMS_OPTION,
  tensorOption,
  toleranceOf,
  toleranceOption,
} from "../terminal/shared-options.js";
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
import { diagnoseFiles, type Given } from "./diagnose-files.js";

const LAYERS = Object.keys(IN_WORDS) as LayerName[];

/** Values of the options that say what a group is. */
interface GroupingValues {
  readonly layer?: string;
  readonly axis?: string;
  readonly groups?: string;
  readonly axes?: string;
  readonly uncentred?: boolean;
}

function groupingOf({ layer, axis, groups, axes, uncentred }: GroupingValues): Grouping | undefined {
  const allowed = (option: string, given: unknown, other: string, present: boolean): void => {
    if (given !== undefined && !present) throw new UsageError(`--${option} goes with --${other}`);
  };
  if (layer !== undefined && axes !== undefined) throw new UsageError("--layer and --axes exclude each other");
  allowed("axis", axis, "layer", layer !== undefined);
  allowed("groups", groups, "layer group", layer === "group");
  allowed("uncentred", uncentred, "axes", axes !== undefined);
  if (axes !== undefined) {
    return {
      axes: list("axes", axes).map((each) => integer("axes", each, -MAX_RANK, MAX_RANK - 1)),
      centred: !uncentred,
    };
  }
  if (layer === undefined) return undefined;
  const name = oneOf("layer", layer, LAYERS);
  if (name === "group" && groups === undefined) throw new UsageError("--layer group needs --groups");
  return {
    layer: name,
    ...(axis !== undefined && { axis: integer("axis", axis, -MAX_RANK, MAX_RANK - 1) }),
    ...(groups !== undefined && { groups: integer("groups", groups, 1, 2 ** 31 - 1) }),
  };
}

/** Values of the options that give statistics. */
interface GivenValues {
  readonly mean?: string;
  readonly deviation?: string;
  readonly variance?: string;
}

function givenOf({ mean, deviation, variance }: GivenValues, grouping: Grouping | undefined): Given | undefined {
  if (deviation !== undefined && variance !== undefined)
    throw new UsageError("--deviation and --variance exclude each other");
  const spread = deviation ?? variance;
  if (mean === undefined && spread === undefined) return undefined;
  const first = mean !== undefined ? "mean" : deviation !== undefined ? "deviation" : "variance";
  if (mean === undefined || spread === undefined) {
    throw new UsageError(`--${first} goes with ${mean === undefined ? "--mean" : "--deviation or --variance"}`);
  }
  if (!grouping || !("layer" in grouping) || grouping.layer !== "batch")
    throw new UsageError(`--${first} goes with --layer batch`);
  return { mean, spread, squared: variance !== undefined };
}

/** Values of the options that say how is computed. */
interface ArithmeticValues {
  readonly kernel?: string;
  readonly arithmetic?: string;
  readonly accumulate?: string;
  readonly order?: string;
}

function arithmeticOf({ kernel, arithmetic, accumulate, order }: ArithmeticValues): ArithmeticInUse {
  if (kernel !== undefined) return kernelArithmetic(kernel === ALL ? KERNEL_KINDS[0] : kernelNamed(kernel));
  const compute = oneOf("arithmetic", arithmetic ?? "float16", FORMATS);
  return {
    compute,
    accumulate: oneOf("accumulate", accumulate ?? compute, ACCUMULATES),
    order: oneOf("order", order ?? "lanes", ORDERS),
  };
}

/** The norm that kernels are compared by, where nobody says: runtimes have no other. */
const KERNELS_NORM = "l2";

/** What `--kernel all` goes without. */
function checkAll({ norm, shard }: { readonly norm?: string; readonly shard?: string }): void {
  if (shard !== undefined) throw new UsageError("--kernel all and --shard exclude each other");
  const given = norms("norm", norm ?? KERNELS_NORM);
  if (given.length > 1) throw new UsageError(`--kernel all goes with one norm, got ${quote(norm ?? "")}`);
}

export const diagnose = command({
  operands: "FILE... | MODEL.onnx",
  about: [
    "What an arithmetic does to the normalization of the tensors in a file, with several norms side by side: the verdict, errors of the output in ulp, operations that overflowed, underflowed or changed nothing (a sum that stagnates), the binades of headroom, and what would help most, each remedy run on this data.",
    "FILE is .npy, .npz or .safetensors, the .safetensors.index.json of a checkpoint in several files, or - for standard input.",
    "MODEL.onnx is run by onnxruntime, which has to be installed: each of its normalizations is diagnosed under the four kinds of kernels that runtimes have, the model is run with the layers replaced, and the nodes to keep in float32 are listed. The last options below are for models; of the others, --fail-on, --json (schema halfnorm.cli.model/1) and --html go with them.",
  ],
  options: {
    tensor: tensorOption("Diagnose"),
    norm: NORMS_OPTION,
    layer: {
      type: "string",
      value: "LAYER",
      help: `${LAYERS.join(", ")}: what is normalized together. Default: for weights of a checkpoint each output channel by its norm; else batch from four dimensions on, or layer.`,
    },
    axis: {
      type: "string",
      value: "N",
      help: "Of the channels (default: 1); for layer and rms the first that is normalized (default: -1).",
    },
    groups: { type: "string", value: "N", help: "Groups of channels, for --layer group." },
    axes: { type: "string", value: "LIST", help: "In place of a layer: the axes that are normalized together." },
    uncentred: { type: "boolean", help: "With --axes: without subtracting the mean." },
    mean: {
      type: "string",
      value: "FILE",
      help: "With --layer batch: means to apply, one for each channel, as in inference. FILE has one tensor, or is FILE:NAME.",
    },
    deviation: { type: "string", value: "FILE", help: "With --mean: the deviations, in the same way." },
    variance: {
      type: "string",
      value: "FILE",
      help: "In place of --deviation: its squares, which are what PyTorch has as running_var.",
    },
    arithmetic: ARITHMETIC_OPTION,
    accumulate: {
      type: "string",
      value: "FORMAT",
      help: "Format of the sums, or exact. Default: that of the arithmetic.",
    },
    order: { type: "string", value: "ORDER", help: `Of the sums: ${ORDERS.join(", ")}. Default: lanes.` },
    kernel: {
      ...KERNEL_OPTION,
      help: `${KERNEL_OPTION.help} all puts the kinds side by side, for one norm (default: ${KERNELS_NORM}); checks look at each of them.`,
    },
    eps: { type: "string", value: "X", help: "Default: 1e-5, or more where a group of equal values needs it." },
    as: AS_OPTION,
    shard: {
      type: "string",
      value: "I/N",
      help: "Diagnose the I-th of N parts of the tensors, cut by size, the same on every machine. halfnorm merge joins the JSON of the parts.",
    },
    "no-remedies": { type: "boolean", help: "Do not look for what would help, which takes most of the time." },
    details: { type: "boolean", help: "Also show every norm stage by stage." },
    "fail-on": { type: "string", value: "VERDICT", help: "Exit with 1 if a verdict is failed, or degraded and worse." },
    "tolerance-ulp": toleranceOption("Exit with 1 if the error of an output is larger."),
    jobs: JOBS_OPTION,
    json: jsonOption("diagnose"),
    html: HTML_OPTION,
    ...MODEL_OPTIONS,
  },
  examples: [
    ["diagnose activations.npy", "All norms, in float16."],
    ["diagnose model.safetensors --tensor 'conv*.weight' --axes 1,2,3 --uncentred", "Weight norm of some weights."],
    ["diagnose x.npy --kernel 'onnxruntime-web/webgpu ReduceMean'", "A layer of small operations, in a browser."],
    [
      "diagnose x.npy --layer batch --mean m.safetensors:bn1.running_mean --variance m.safetensors:bn1.running_var",
      "Batch norm in inference.",
    ],
    ["diagnose x.npy --kernel all", "What each kind of kernel does to it."],
    ["diagnose x.npy --norm l1 --accumulate float32 --fail-on failed", "A check, by the exit code."],
    ["diagnose model.safetensors --shard 2/8 --json > part-2.json", "One of eight jobs; halfnorm merge joins them."],
    ["diagnose model.onnx --input run.npz --keep keep.json", "Which layers of a model survive float16, and a list."],
    ["diagnose - --layer layer --arithmetic bfloat16 --json < x.npy", "From standard input, for a program."],
  ],

  async run(values, operands) {
    checkKernelAlone(values);
    if (values.kernel === LIST) return listKernels(values.json);
    if (!operands.length) throw new UsageError("diagnose takes a file, or - for standard input");
    if (operands.some(isModel)) {
      const { diagnoseModelFile } = await import("../models/diagnose-model-file.js");
      return diagnoseModelFile(values, operands);
    }
    checkNoModel(values);
    const all = values.kernel === ALL;
    if (all) checkAll(values);
    const failOn = optional(values["fail-on"], (verdict) => oneOf("fail-on", verdict, FAIL_ON));
    const tolerance = toleranceOf(values["tolerance-ulp"]);
    const grouping = groupingOf(values);
    const given = givenOf(values, grouping);
    const options = {
      files: operands,
      tensors: values.tensor,
      as: rawTypeOf(values.as),
      // S of a deviation that is given is the same by all norms but L2
      norms: norms("norm", values.norm ?? (all ? KERNELS_NORM : given ? "l2" : USUAL_NORMS)),
      kernels: all ? KERNEL_KINDS : undefined,
      grouping,
      given,
      arithmetic: arithmeticOf(values),
      eps: optional(values.eps, (eps) => number("eps", eps, 0)),
      remedies: values["no-remedies"] ? false : ("auto" as const),
      figures: values.html !== undefined,
      jobs: jobsOf(values.jobs),
      part: optional(values.shard, partOf),
      failOn: failOn ?? null,
      toleranceUlp: tolerance ?? null,
    };
    const checks = failOn !== undefined || tolerance !== undefined;
    const report = optional(values.html, (path) => new ReportFile(path, operands));
    const bar = new Progress();
    try {
      const { json = false, details = false } = values;
      const output = new DiagnosedOutput({ failOn, tolerance, json, details, report }, bar);
      const { skipped, shard } = await diagnoseFiles(options, {
        found: (tensor, figures) => output.found(tensor, figures),
        progress: (done) => bar.update(done, "diagnosed"),
        // with a check the exit code has still to be found
        goOn: () => checks || report !== undefined || !outputClosed(),
      });
      return await output.finish(skipped, options, shard);
    } finally {
      bar.end();
      report?.abandon();
    }
  },
});
