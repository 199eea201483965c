// What gradients need, in a part of its own: on the same memory, tables and formats as the core.

export { emulateBackward, emulateSums } from "../gradients/emulated";
export { backward } from "../gradients/native";
