// What normalizing and converting needs: the part that every bundle has. src/abi/kernels.ts holds the same list of exports as
// the parts have; a test compares them.

export { emulate } from "../emulated/emulate";
export { round, setFormat } from "../formats/round";
export { pack, unpack } from "../lanes/float16";
export { trelu } from "../native/affine";
export { columns, rows } from "../native/panel";
