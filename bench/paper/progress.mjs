/** What is under way: a line that is written over on a terminal, nothing when piped. */

/** @param {NodeJS.WriteStream} stream */
export function progressOn(stream) {
  let shown = false;
  /** @param {string} text */
  const show = (text) => {
    if (!stream.isTTY) return;
    stream.write(`\r\x1b[K${text.slice(0, stream.columns - 1)}`);
    shown = text !== "";
  };
  return {
    show,
    /** @param {string} text a line that stays */
    line(text) {
      if (shown) show("");
      stream.write(`${text}\n`);
    },
  };
}
