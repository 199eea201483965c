// What normalizing and converting needs: the part that every bundle has. src/kernels.ts holds the same list of exports as
// the parts have; a test compares them.

export { trelu } from "./affine";
export { emulate } from "./emulate";
export { pack, unpack } from "./float16";
export { columns, rows } from "./native";
export { round, setFormat } from "./rounding";
