/** How often a diagnosis goes over the data: calls of kernels, which no clock has to tell. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { tracer } from "../../src/diagnosis/kernels.js";
import { engine } from "../../src/engine/engine.js";
import { type DiagnoseOptions, diagnose, tensor } from "../../src/index.js";
import { gaussian } from "../support/random.js";

type Kernels = Record<string, (...given: number[]) => unknown>;
interface Open {
  kernels: Kernels;
  parts: Map<unknown, Kernels>;
}

let calls: Record<string, number> = {};
let before: Open;

const counting = (kernels: Kernels): Kernels =>
  Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => [
      name,
      (...given: number[]) => {
        calls[name] = (calls[name] ?? 0) + 1;
        return kernel(...given);
      },
    ]),
  );

const own = engine() as unknown as Open;

beforeEach(() => {
  calls = {};
  tracer(engine());
  before = { kernels: own.kernels, parts: own.parts };
  own.kernels = counting(own.kernels);
  own.parts = new Map([...own.parts].map(([bytes, kernels]) => [bytes, counting(kernels)]));
});

afterEach(() => {
  own.kernels = before.kernels;
  own.parts = before.parts;
});

const OPTIONS: DiagnoseOptions = { layer: "layer", arithmetic: "float16", eps: 1e-5 };
const ROWS = 16;
const LENGTH = 300;
/** Half of the rows larger than the others. */
const data = Float32Array.from(gaussian(ROWS * LENGTH, 1, 1, 0.5), (x, i) => (i < (ROWS / 2) * LENGTH ? x : 4 * x));

test("without remedies: once for all groups, and once more for all stages of elements", () => {
  using x = tensor(data, [ROWS, LENGTH]);
  expect(diagnose(x, OPTIONS)).toMatchObject({ verdict: "ok", remedies: [] });
  expect(calls).toMatchObject({ inspect: 1, trace: 1, sweep: 1, attribute: 2 });
  // own and total of mean, sum, deviation, reciprocal, and of the stages that are swept; of the input they are the same
  expect(calls.select).toBe(4 * 2 + 3 * 2 + 1);
  for (const kernel of ["judge", "emulate", "rows", "columns", "round"]) expect(calls[kernel]).toBeUndefined();
});

test("with them: each is run, and judged once where it changes an output", () => {
  using x = tensor(data, [ROWS, LENGTH]);
  const { remedies } = diagnose(x, { ...OPTIONS, remedies: true });
  const changes = remedies.map(({ change }) => change);
  // powers of two change nothing
  const judge = remedies.filter(({ scale, groupScale }) => !scale && !groupScale).length;
  expect(judge).toBe(remedies.length - 2);
  expect(calls).toMatchObject({ inspect: 1, trace: 1, sweep: 1, attribute: 2, judge });
  expect(calls.select).toBe(4 * 2 + 3 * 2 + 1 + judge);
  // two centrings are two runs
  expect(changes).toContain("subtract the mean twice");
  expect(changes).toContain("scale each group, eps along with it");
  expect(calls.emulate).toBe(remedies.length + 1);
  // what is scaled: the tensor, and the groups, whose largest elements are looked for
  expect(calls.rows).toBe(remedies.filter(({ scale }) => scale).length + 2);
});
