// Lines that repeat what is shown: in TypeScript, on the command line and in PyTorch.

import type { DiagnosisSubject, FormatName, Normalizer } from "halfnorm";
import { named } from "../../src/numerics/norm.js";
import { normsText } from "../shared/address.js";
import type { About } from "../shared/messages.js";
import { SAMPLES } from "../shared/samples.js";
import { arithmeticOf, FIRST_VIEW, type View } from "../shared/view.js";

export interface Lines {
  readonly language: string;
  readonly about: string;
  readonly text: string;
}

/** The sample that is in the package, too. */
const PUBLISHED = SAMPLES.outlier.file;

/** As an argument of a shell. */
const quoted = (text: string): string => (/^[\w./:=+,@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** As Python and JavaScript write a string. */
const literal = (text: string): string => JSON.stringify(text);

/** Whether the tensor is in a .npy file as it is shown; elsewhere the page saves it as one. */
const isPlain = ({ source, scale, before }: View, { file }: About): boolean =>
  source === "sample" && !scale && before === "nothing" && file.endsWith(".npy");

const savedName = ({ name }: About): string => `${name.replace(/[^A-Za-z0-9_.-]+/g, "_").slice(0, 80) || "tensor"}.npy`;

/** Options that say what is normalized, with nothing assumed. */
function groupingText({ layer, axis, groups }: View, subject: DiagnosisSubject): string[] {
  if (!subject.layer) return [`axes: [${subject.axes.join(", ")}]`, ...(subject.centred ? [] : ["centred: false"])];
  return [
    `layer: ${literal(subject.layer)}`,
    ...(layer !== "auto" && axis !== undefined ? [`axis: ${axis}`] : []),
    ...(subject.layer === "group" ? [`groups: ${groups}`] : []),
  ];
}

function normLiteral(norm: Normalizer): string {
  const [name, value] = named(norm);
  return name === "topk" || name === "lp" ? `{ ${name}: ${value} }` : literal(name);
}

function arithmeticText(view: View): string {
  const { compute, accumulate, order, statistics = compute } = arithmeticOf(view);
  const parts = [
    `compute: ${literal(view.format)}`,
    ...(statistics === compute ? [] : [`statistics: ${literal(statistics as FormatName)}`]),
    ...(accumulate === statistics ? [] : [`accumulate: ${literal(accumulate as FormatName)}`]),
    ...(order === "lanes" ? [] : [`order: ${literal(order as string)}`]),
  ];
  return parts.length === 1 ? literal(view.format) : `{ ${parts.join(", ")} }`;
}

function typescript(view: View, about: About, subject: DiagnosisSubject, file: string): string {
  const half = about.stored === "float16" && !view.scale && view.before === "nothing";
  const options = [
    ...groupingText(view, subject),
    `norm: ${normLiteral(view.norm)}`,
    `arithmetic: ${arithmeticText(view)}`,
    ...(view.eps === undefined ? [] : [`eps: ${view.eps}`]),
  ];
  return `import { readFileSync } from "node:fs";
import { diagnose, formatDiagnosis } from "halfnorm";

const file = readFileSync(${literal(file)});
const elements = file.buffer.slice(file.byteOffset + 10 + file.readUInt16LE(8), file.byteOffset + file.length);
const x = { data: new ${half ? "Uint16Array" : "Float32Array"}(elements), shape: [${about.shape.join(", ")}] };

const diagnosis = diagnose(x, { ${options.join(", ")} });
console.log(diagnosis.verdict, diagnosis.reason);
console.log(formatDiagnosis(diagnosis));`;
}

function commandLine(view: View, about: About, subject: DiagnosisSubject, file: string, tensor: string): string {
  const { layer, axis, groups, format, accumulate, order, eps, statistics } = view;
  const words = ["npx halfnorm diagnose", quoted(file)];
  const option = (name: string, value: string | number): number => words.push(`--${name} ${quoted(String(value))}`);
  if (tensor) option("tensor", tensor);
  if (normsText(view.norms) !== normsText(FIRST_VIEW.norms)) option("norm", normsText(view.norms));
  if (layer !== "auto" || about.assumed === "weight") {
    if (subject.layer) {
      option("layer", subject.layer);
      if (axis !== undefined) option("axis", axis);
      if (subject.layer === "group") option("groups", groups);
    } else {
      option("axes", subject.axes.join(","));
      if (!subject.centred) words.push("--uncentred");
    }
  }
  if (statistics) option("kernel", "float32 statistics");
  else {
    if (format !== "float16") option("arithmetic", format);
    if (accumulate !== undefined && accumulate !== format) option("accumulate", accumulate);
    if (order !== "lanes") option("order", order);
  }
  if (eps !== undefined) option("eps", eps);
  return words.join(" ");
}

/** What PyTorch calls the formats that it computes in. */
const TORCH: Readonly<Partial<Record<FormatName, string>>> = {
  float16: "float16",
  bfloat16: "bfloat16",
  float32: "float32",
};

/** The deviation of rows d, and where eps goes. */
function torchScale(norm: Normalizer, n: number): string[] {
  const [name, value] = named(norm);
  const c = `${(0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n))}`;
  const constant = n > 1 ? c : "1";
  switch (name) {
    case "l1":
      return ["s = d.abs().mean(-1, keepdim=True) * 1.2533141373155001 + eps  # sqrt(pi / 2)"];
    case "linf":
      return [`s = d.abs().amax(-1, keepdim=True) * ${constant} + eps`];
    case "range":
      return [`s = (d.amax(-1, keepdim=True) - d.amin(-1, keepdim=True)) * (0.35 * ${constant}) + eps`];
    case "topk":
      return [`s = d.abs().topk(${value}, -1).values.mean(-1, keepdim=True) * ${constant} + eps`];
    case "lp":
      return [
        `p = ${value}`,
        "c = (math.sqrt(math.pi) / (2 ** (p / 2) * math.gamma((p + 1) / 2))) ** (1 / p)",
        "s = ((d.abs() ** p).mean(-1, keepdim=True) + eps) ** (1 / p) * c",
      ];
    default:
      return ["s = ((d * d).mean(-1, keepdim=True) + eps).sqrt()"];
  }
}

function torch(view: View, about: About, subject: DiagnosisSubject, file: string): string {
  const { axes, groups, centred, eps } = subject;
  const dtype = TORCH[view.format];
  const [channels] = axes;
  const split = groups ? [`x = x.unflatten(${channels}, (${groups}, -1))  # groups of channels`] : [];
  const over = groups ? axes.map((axis) => axis + 1) : axes;
  const rows = `x = x.movedim((${over.join(", ")},), ${`(${over.map((_, i) => i - over.length).join(", ")},)`}).flatten(${-over.length})  # groups as rows`;
  const round = dtype ? `.to(torch.${dtype})` : `.to(torch.${view.format.replace("tfloat32", "float32")}).float()`;
  const remark = dtype ? "" : `  # PyTorch only stores ${view.format}`;
  return `import math, numpy, torch

x = torch.from_numpy(numpy.load(${literal(file)})).double()
${[...split, rows].join("\n")}
eps = ${eps}

def normalize(x):
    ${[`d = x${centred ? " - x.mean(-1, keepdim=True)" : ""}`, ...torchScale(view.norm, about.groupSize)].join("\n    ")}
    return d * (1 / s)

# operation by operation, as a decomposed layer runs; PyTorch itself adds up in float32
half, exact = normalize(x${round}).double(), normalize(x)${remark}
noise = (half - exact).square().sum()
print("SQNR", 10 * torch.log10(exact.square().sum() / noise).item(), "dB")
print((half == 0).all(-1).sum().item(), "of", len(half.flatten(0, -2)), "groups are zeros")`;
}

/** Lines for a tensor. */
export function linesOf(view: View, about: About, subject: DiagnosisSubject): Lines[] {
  const plain = isPlain(view, about);
  const saved = plain ? about.file : savedName(about);
  const packaged = plain && about.file === PUBLISHED ? `node_modules/halfnorm/samples/${saved}` : saved;
  const hint = packaged === saved ? ` “Tensor as .npy” saves ${saved}.` : "";
  const asIs = view.source === "file" && !view.scale && view.before === "nothing";
  const file = asIs ? about.file : packaged;
  const several = asIs && !about.file.endsWith(".npy");
  return [
    {
      language: "TypeScript",
      about: `Node, with npm install halfnorm.${hint}`,
      text: typescript(view, about, subject, packaged),
    },
    {
      language: "Command line",
      about: `Every norm, with what helps.${asIs ? "" : hint}`,
      text: commandLine(view, about, subject, file, several ? about.name : ""),
    },
    { language: "PyTorch", about: `The same, written out.${hint}`, text: torch(view, about, subject, saved) },
  ];
}

/** Lines for a model. */
export function modelLines(name: string, inputs: string | undefined, runtime: string): Lines[] {
  const given = inputs === undefined ? "random: 2" : "inputs: [/* of one run, by name */]";
  const target = runtime ? `, target: ${literal(runtime)}` : "";
  const option = inputs === undefined ? "--random 2" : `--input ${quoted(inputs)}`;
  return [
    {
      language: "TypeScript",
      about: "Node, with npm install halfnorm onnxruntime-node.",
      text: `import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { diagnoseModel } from "halfnorm/onnx";

const model = await diagnoseModel(readFileSync(${literal(name)}), { runtime: ort, ${given}${target} });
for (const { name, kernels } of model.layers) console.log(name, kernels.map(({ verdict }) => verdict));
console.log(model.keep);`,
    },
    {
      language: "Command line",
      about: "With npm install onnxruntime-node.",
      text: `npx halfnorm diagnose ${quoted(name)} ${option}${runtime ? ` --runtime ${runtime}` : ""} --keep keep.json`,
    },
    {
      language: "PyTorch",
      about: "The model in float16, with the nodes of keep.json in float32.",
      text: `import json, onnx
from onnxconverter_common.float16 import convert_float_to_float16

half = convert_float_to_float16(onnx.load(${literal(name)}), **json.load(open("keep.json")))
onnx.save(half, "half.onnx")`,
    },
  ];
}
