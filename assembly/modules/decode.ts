// Brings a module back from its texts (scripts/embed.mjs describes them). A module of its own, since JavaScript that runs
// once is interpreted: 2 to 4 ms for what takes this 0.2. It has its own memory: the addresses of the three texts from 0 on, four
// bytes of zero, the module, the bytes that characters stand for, and the texts.

/** Where the module is written; scripts/embed.mjs reads it there. */
const MODULE: usize = 16;

/** Characters that stand for a byte: from FIRST up to END. Those from END on are the higher half of a byte, the next one the lower. */
const FIRST: u32 = 35;
const END: u32 = 124;
const COUNT = END - FIRST;

/** The byte of each. Frequent bytes have characters that are frequent in programs; scripts/embed.mjs says why. */
const BYTES = memory.data<u8>([
  144, 6, 208, 15, 161, 4, 11, 72, 160, 1, 95, 106, 184, 228, 10, 107, 17, 113, 18, 162, 168, 182, 36, 8, 7, 96, 2, 74,
  14, 30, 230, 19, 187, 71, 123, 73, 128, 240, 124, 80, 132, 108, 192, 117, 69, 224, 56, 23, 176, 54, 26, 29, 57, 21,
  67, 62, 68, 31, 70, 125, 42, 63, 33, 27, 12, 9, 32, 5, 229, 64, 3, 24, 28, 127, 78, 253, 255, 116, 174, 65, 16, 0, 34,
  20, 35, 43, 13, 66, 40,
]);

/** Writes `size` bytes, at least one. */
export function decode(size: usize): void {
  let at: usize = 0;
  do {
    const local = <u32>load<u8>(at, MODULE - 1) - 32 <= 2;
    const vector = i32(load<u8>(at, MODULE - 3) == 253) & i32(load<u8>(at, MODULE - 2) <= 11);
    const text: usize = local ? 8 : vector << 2;
    let from = load<usize>(text);
    const code: u32 = load<u8>(from++);
    const byte = code < END ? load<u8>(BYTES - FIRST + code) : (code - END) * COUNT + load<u8>(from++) - FIRST;
    store<usize>(text, from);
    store<u8>(at, <u8>byte, MODULE);
  } while (++at < size);
}
