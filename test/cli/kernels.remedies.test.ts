/** Kernels side by side run no remedy that is not shown, but the one that says what float32 comes to where it is stored. */

import { expect, test, vi } from "vitest";
import work, { type DiagnoseTask } from "../../src/cli/diagnose/worker.js";
import { placesOf } from "../../src/cli/files/places.js";
import * as traced from "../../src/diagnosis/trace.js";
import type { KernelKind } from "../../src/index.js";
import { KERNEL_KINDS } from "../../src/numerics/kernels.js";
import { SAMPLES } from "../support/cli.js";

vi.mock(import("../../src/diagnosis/trace.js"), async (original) => {
  const { judge, ...others } = await original();
  return { ...others, judge: vi.fn(judge) };
});

const { judge } = vi.mocked(traced);

async function diagnosed(kernels: readonly KernelKind[], remedies: boolean) {
  judge.mockClear();
  const { places } = await placesOf(`${SAMPLES}transformer-residual-outlier-64.npy`);
  const options: DiagnoseTask["options"] = { arithmetic: "float16", eps: undefined, remedies, layer: "layer" };
  const progress = { shared: new SharedArrayBuffer(4), step: 1 };
  const [outcome] = await work([{ place: places[0], norms: ["l2"], kernels, options, figures: false, progress }]);
  if (!("result" in outcome) || !outcome.result) throw new Error("there is a problem");
  return outcome.result;
}

test("all of them: one is judged", async () => {
  const { diagnoses, kernels } = await diagnosed(KERNEL_KINDS, false);
  expect(judge).toHaveBeenCalledTimes(1);
  expect(diagnoses.flatMap(({ remedies }) => remedies)).toEqual([]);
  const shown = await diagnosed(KERNEL_KINDS, true);
  expect(judge.mock.calls.length).toBeGreaterThan(10);
  expect(kernels).toEqual(shown.kernels);
});

test("none that computes in float32: none is judged", async () => {
  await diagnosed(["float16 sums"], false);
  expect(judge).not.toHaveBeenCalled();
});
