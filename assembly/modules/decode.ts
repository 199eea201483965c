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
  228, 123, 21, 27, 194, 2, 65, 35, 64, 1, 69, 33, 106, 162, 15, 6, 18, 66, 71, 74, 107, 93, 184, 16, 12, 70, 11, 255,
  113, 59, 124, 80, 28, 42, 68, 182, 116, 25, 108, 29, 76, 240, 132, 22, 95, 144, 40, 140, 83, 208, 26, 43, 41, 230,
  176, 57, 23, 207, 160, 147, 73, 72, 4, 161, 10, 128, 32, 3, 20, 13, 127, 187, 224, 34, 17, 5, 253, 192, 24, 9, 8, 0,
  7, 63, 36, 78, 19, 229, 14,
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
