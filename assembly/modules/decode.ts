// Brings a module back from its texts (scripts/embed.mjs describes them). A module of its own, since JavaScript that runs
// once is interpreted: 2 to 4 ms for what takes this 0.2. It has its own memory: the addresses of the three texts from 0 on, four
// bytes of zero, the module.

/** Where the module is written; scripts/embed.mjs reads it there. */
const MODULE: usize = 16;

/** Writes `size` bytes, at least one. */
export function decode(size: usize): void {
  let at: usize = 0;
  do {
    const local = <u32>load<u8>(at, MODULE - 1) - 32 <= 2;
    const vector = i32(load<u8>(at, MODULE - 3) == 253) & i32(load<u8>(at, MODULE - 2) <= 11);
    const text: usize = local ? 4 : vector << 3;
    let from = load<usize>(text);
    let code: u32 = load<u8>(from++);
    if (code >= 125) code = (code - 124) * 90 + load<u8>(from++);
    store<usize>(text, from);
    store<u8>(at, <u8>(code - 39), MODULE);
  } while (++at < size);
}
