// The list of nodes to keep in float32, as converters take it.

import type { ModelDiagnosis } from "../../onnx/index.js";
import type { WrittenKind } from "../files/report-file.js";
import { decisive, kernelNames } from "./view.js";

const BEGIN = '{\n  "node_block_list": [';

export const KEEP_LIST: WrittenKind = {
  option: "--keep",
  name: "list",
  isOurs: (head) => Buffer.from(head).toString("latin1").startsWith(BEGIN),
};

/** Arguments of convert_float_to_float16() of onnxconverter-common and onnxruntime: its `**` takes them. */
export function keepText(model: ModelDiagnosis): string {
  const names = model.keep[kernelNames(model)[decisive(model)]];
  const lines = names.map((name) => `\n    ${JSON.stringify(name)}`);
  return `${BEGIN}${lines.join(",")}${names.length ? "\n  " : ""}]\n}\n`;
}
