// Lines that repeat what is shown: in TypeScript, on the command line and in PyTorch.

import type { DiagnosisSubject, FormatName, Normalizer } from "halfnorm";
import { specOf } from "../../src/cli/report/spacing.js";
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
  // a bias of a checkpoint is left out by its name, unless one says what to do with it
  if (layer !== "auto" || about.assumed === "weight" || about.shape.length === 1) {
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

/** Formats that every PyTorch converts to. */
const TORCH: readonly FormatName[] = ["float16", "bfloat16", "float32"];

/** `r`: numbers of the format; the others are PyTorch's float64. */
function torchRounding(format: FormatName): string[] {
  if (TORCH.includes(format)) return [`def r(t): return t.to(torch.${format}).to(t.dtype)`];
  const { precision, emin, max, overflow } = specOf(format);
  const beyond = { infinity: "y * math.inf", nan: "y * math.nan", saturate: `y.clamp(${-max}, ${max})` }[overflow];
  return [
    `def r(t):  # ${format}`,
    `    step = torch.ldexp(torch.ones_like(t), torch.frexp(t).exponent.clamp(min=${emin + 1}) - ${precision})`,
    "    y = torch.round(t / step) * step",
    `    return torch.where(y.abs() > ${max}, ${beyond}, y)`,
  ];
}

/** The deviation of rows d, and where eps goes; each operation rounded by q. */
function torchScale(norm: Normalizer, n: number): string[] {
  const [name, value] = named(norm);
  const c = `${(0.5 * (1 + Math.sqrt(Math.PI * Math.log(4)))) / Math.sqrt(2 * Math.log(n))}`;
  const constant = n > 1 ? c : "1";
  const end = (what: string, factor: string) => `s = q(q(${what} * ${factor}) + eps)`;
  switch (name) {
    case "l1":
      return [`${end("q(d.abs().mean(-1, keepdim=True))", "1.2533141373155001")}  # sqrt(pi / 2)`];
    case "linf":
      return [end("d.abs().amax(-1, keepdim=True)", constant)];
    case "range":
      return [end("q(d.amax(-1, keepdim=True) - d.amin(-1, keepdim=True))", `(0.35 * ${constant})`)];
    case "topk":
      return [end(`q(d.abs().topk(${Math.min(value as number, n)}, -1).values.mean(-1, keepdim=True))`, constant)];
    case "lp":
      return [
        `p = ${value}`,
        "c = (math.sqrt(math.pi) / (2 ** (p / 2) * math.gamma((p + 1) / 2))) ** (1 / p)",
        "s = q(q(q(q(q(d.abs() ** p).mean(-1, keepdim=True)) + eps) ** (1 / p)) * c)",
      ];
    default:
      return ["s = q(q(q(q(d * d).mean(-1, keepdim=True)) + eps).sqrt())"];
  }
}

function torch(view: View, about: About, subject: DiagnosisSubject, file: string): string {
  const { axes, groups, centred, eps } = subject;
  const [channels] = axes;
  const split = groups ? [`x = x.unflatten(${channels}, (${groups}, -1))  # groups of channels`] : [];
  const over = groups ? axes.map((axis) => axis + 1) : axes;
  const rows = `x = x.movedim((${over.join(", ")},), ${`(${over.map((_, i) => i - over.length).join(", ")},)`}).flatten(${-over.length})  # groups as rows`;
  const statistics = view.statistics ? "lambda t: t.float().double()" : "r";
  const body = [
    ...(centred ? ["d = q(x - q(x.mean(-1, keepdim=True)))"] : ["d = x"]),
    ...torchScale(view.norm, about.groupSize),
    "return r(r(d) * r(q(1 / s)))",
  ];
  return `import math, numpy, torch

x = torch.from_numpy(numpy.load(${literal(file)})).double()
${[...split, rows].join("\n")}
eps = ${eps}

${torchRounding(view.format).join("\n")}

def normalize(x, r, q):
    ${body.join("\n    ")}

# operation by operation, as a decomposed layer runs, each rounded; sums are rounded once, as PyTorch's own
half, exact = normalize(r(x), r, ${statistics}), normalize(x, lambda t: t, lambda t: t)
noise = (half - exact).square().sum()
print("SQNR", 10 * torch.log10(exact.square().sum() / noise).item(), "dB")
zeros = (half == 0).all(-1)
print(zeros.sum().item(), "of", zeros.numel(), "groups are zeros")`;
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
