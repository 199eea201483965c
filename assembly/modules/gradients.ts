// What gradients need, in a part of its own: on the same memory, tables and formats as the core.

export { backward } from "./backward";
export { emulateBackward, emulateSums } from "./backward-emulate";
