// What normalizing and converting needs: the part that every bundle has. src/abi/kernels.ts holds the same list of exports as
// the parts have; a test compares them.

export { emulate } from "../emulated/emulate";
export { setFormat } from "../formats/format";
export { round } from "../formats/round";
export { pack, unpack } from "../lanes/float16";
export { columns, rows } from "../native/panel";
export { trelu } from "../native/trelu";
