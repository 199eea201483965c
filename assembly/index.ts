// The exports of the module. src/kernels.ts holds the same list; a test compares the two.

export { trelu } from "./affine";
export { columns } from "./columns";
export { emulate } from "./emulate";
export { pack, unpack } from "./float16";
export { round, setFormat } from "./rounding";
export { rows } from "./rows";
