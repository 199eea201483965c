// Brings a module back from its texts (scripts/embed.mjs describes them). A module of its own, since JavaScript that runs
// once is interpreted: 2 to 4 ms for what takes this 0.2. It has its own memory: the addresses of the three texts from 0 on,
// behind them the module.

/** Where the module is written; scripts/embed.mjs reads it there. */
const MODULE: usize = 12;

/** Writes `size` bytes. */
export function decode(size: usize): void {
  let first = 0;
  let second = 0;
  let last = 0;
  for (let at: usize = 0; at < size; at++) {
    const text: usize = <u32>(last - 32) <= 2 ? 4 : first == 253 && second <= 11 ? 8 : 0;
    let from = load<usize>(text);
    let code = <i32>load<u8>(from++);
    if (code >= 125) code = (code - 124) * 90 + <i32>load<u8>(from++);
    store<usize>(text, from);
    first = second;
    second = last;
    last = (code - 39) & 255;
    store<u8>(at, last, MODULE);
  }
}
