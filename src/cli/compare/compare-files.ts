// The tensors of one file against those of another.

import type { Comparison, FormatName } from "../../index.js";
import type { Tally } from "../files/elements.js";
import { checkNames, type Input, inputOf } from "../files/input.js";
import { selectTensors } from "../files/select-tensors.js";
import { residentBytes, type StoredTensor } from "../files/stored-tensor.js";
import { TensorFile } from "../files/tensor-file.js";
import { isWithin } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { runTasks } from "../workers/pool.js";
import type { Compared, CompareTask } from "./worker.js";

export interface CompareOptions {
  readonly actual: string;
  readonly expected: string;
  /** Names or patterns; undefined: all tensors of both files, which then have to be the same. */
  readonly tensors: readonly string[] | undefined;
  /** Default: that of the actual tensor in its file. */
  readonly format: FormatName | undefined;
  /** Largest error that passes; undefined: anything does. */
  readonly tolerance: number | undefined;
  /** Tensors to work on at a time. Default: see cli/workers/pool.ts. */
  readonly jobs: number | undefined;
}

interface ComparedTensor {
  readonly name: string;
  /** Its name in the other file, where each file has but one. */
  readonly expectedName: string;
  readonly comparison: Comparison;
  /** Whether the error is within the tolerance, with no NaN and no infinity in one of them alone. */
  readonly passes: boolean;
  /** float64 values that were rounded to float32 when the files were read. */
  readonly rounded: { readonly actual: Tally; readonly expected: Tally };
}

export interface CompareResult {
  readonly schema: "halfnorm.cli.compare/1";
  readonly actual: string;
  readonly expected: string;
  readonly toleranceUlp: number | null;
  /** In the order of the actual file. */
  readonly tensors: readonly ComparedTensor[];
  readonly passes: boolean;
}

interface Pair {
  readonly actual: StoredTensor;
  readonly expected: StoredTensor;
}

/** Tensors of the same name; or the only ones of each file, whatever their names. */
function pairsOf(
  actual: TensorFile,
  expected: TensorFile,
  inputs: readonly [Input, Input],
  patterns?: readonly string[],
) {
  const [a, e] = [actual, expected].map((file, i) => selectTensors(file, patterns, inputs[i].label));
  if (!a.length) throw new UsageError(`${inputs[0].label} has no float tensor`);
  if (a.length === 1 && e.length === 1 && !patterns) return [{ actual: a[0], expected: e[0] }];
  const others = new Map(e.map((tensor) => [tensor.name, tensor]));
  const missing = (name: string, i: number): UsageError =>
    new UsageError(`${inputs[i].label} has no float tensor ${quote(name)}, but ${inputs[1 - i].label} has`);
  const pairs = a.map((tensor): Pair => {
    const other = others.get(tensor.name);
    if (!other) throw missing(tensor.name, 1);
    others.delete(tensor.name);
    return { actual: tensor, expected: other };
  });
  for (const name of others.keys()) throw missing(name, 0);
  return pairs;
}

const formatOf = ({ stored }: StoredTensor): FormatName => (stored === "float64" ? "float32" : stored);

/** Memory that a comparison takes: both tensors, and the errors in float32. */
const costOf = ({ actual, expected }: Pair): number =>
  residentBytes(actual) + residentBytes(expected) + 4 * actual.size;

/** @param progress Is told the part that is done. */
export async function compareFiles(
  options: CompareOptions,
  progress: (done: number, what: string) => void,
): Promise<CompareResult> {
  checkNames([options.actual, options.expected]);
  const inputs = [await inputOf(options.actual), await inputOf(options.expected)] as const;
  const files: TensorFile[] = [];
  let pairs: Pair[];
  try {
    for (const { path, label } of inputs) files.push(await TensorFile.open(path, label));
    pairs = pairsOf(files[0], files[1], inputs, options.tensors);
  } finally {
    for (const file of files) await file.close();
  }
  const tasks = pairs.map(
    ({ actual, expected }): CompareTask => ({
      actual: { ...inputs[0], identity: files[0].identity, tensor: actual },
      expected: { ...inputs[1], identity: files[1].identity, tensor: expected },
      format: options.format ?? formatOf(actual),
    }),
  );
  const costs = pairs.map(costOf);
  const results: ComparedTensor[] = [];
  let done = 0;
  const finish = (i: number, compared: Compared): void => {
    const { comparison, ...rounded } = compared;
    const passes = isWithin(options.tolerance, comparison);
    results[i] = { name: pairs[i].actual.name, expectedName: pairs[i].expected.name, comparison, passes, rounded };
    progress(++done / tasks.length, pairs[i].actual.name);
  };
  const largest = pairs.reduce((most, { actual, expected }) => Math.max(most, actual.bytes, expected.bytes), 0);
  await runTasks("compare", tasks, { jobs: options.jobs, costs, largest, done: finish });
  return {
    schema: "halfnorm.cli.compare/1",
    actual: inputs[0].label,
    expected: inputs[1].label,
    toleranceUlp: options.tolerance ?? null,
    tensors: results,
    passes: results.every(({ passes }) => passes),
  };
}
