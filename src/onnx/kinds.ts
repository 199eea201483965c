// The kinds of kernels that layers are judged under, and those of a runtime.

import { type Arithmetic, type FormatName, type KernelName, kernels } from "../index.js";

/** A kernel that a layer may be run by. */
export interface Kind {
  readonly name: string;
  readonly arithmetic: Arithmetic;
  /** What it computes in, and whether tensors are stored in a narrower format. */
  readonly stored: boolean;
}

/** The four, from the one that loses most. Names follow the format. */
export function kindsOf(format: FormatName): Kind[] {
  return [
    { name: `${format} sums`, arithmetic: { compute: format }, stored: false },
    { name: "float32 sums", arithmetic: { compute: format, accumulate: "float32" }, stored: false },
    { name: "float32 statistics", arithmetic: { compute: format, statistics: "float32" }, stored: false },
    { name: "float32", arithmetic: "float32", stored: true },
  ];
}

export function kindOfKernel(name: KernelName): Kind {
  const arithmetic = kernels[name];
  return { name, arithmetic, stored: arithmetic.compute === "float32" };
}
