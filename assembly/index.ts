// The exports of the module. src/kernels.ts holds the same list; a test compares the two.

export { trelu } from "./affine";
export { emulate } from "./emulate";
export { pack, unpack } from "./float16";
export { columns, rows } from "./native";
export { round, setFormat } from "./rounding";
