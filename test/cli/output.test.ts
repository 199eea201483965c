/** What is written to standard output. */
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { Progress, printJson } from "../../src/cli/terminal/output.js";

/** Text with the signs in place of their escapes. */
const decoded = (json: string): string => json.replace(/\\u[0-9a-f]{4}/g, (sign) => JSON.parse(`"${sign}"`));

it("is JSON as JSON.stringify() has it, in pieces", async () => {
  const pieces: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text, done: unknown) => {
    pieces.push(String(text));
    (done as () => void)();
    return true;
  });
  try {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("line\nfeed", "\x9b31m", "\u202e\ud800"),
    );
    const value = fc.jsonValue({ stringUnit: "binary" });
    const json = fc.dictionary(text, fc.oneof(value, text, fc.array(value), fc.constant(undefined)));
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        pieces.length = 0;
        await printJson(value);
        const printed = pieces.join("");
        expect(printed).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(decoded(printed)).toBe(decoded(`${JSON.stringify(value, null, 2)}\n`));
      }),
    );
  } finally {
    spy.mockRestore();
  }
});

it("shows progress without what a terminal would obey", () => {
  const shown: string[] = [];
  const terminal = Object.getOwnPropertyDescriptor(process.stderr, "isTTY");
  Object.defineProperty(process.stderr, "isTTY", { value: true, configurable: true });
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => shown.push(String(text)) > 0);
  const clock = vi.spyOn(performance, "now");
  try {
    clock.mockReturnValue(0);
    const progress = new Progress();
    for (const [i, name] of ["\x1b]0;title\x07", "\x9b2J", "\u202egnp", `${"long".repeat(50)}\x1b[31m`].entries()) {
      clock.mockReturnValue(1000 * (i + 1));
      progress.update(0.5, name);
    }
    progress.end();
  } finally {
    spy.mockRestore();
    clock.mockRestore();
    if (terminal) Object.defineProperty(process.stderr, "isTTY", terminal);
    else Reflect.deleteProperty(process.stderr, "isTTY");
  }
  expect(shown).toHaveLength(5);
  for (const text of shown) {
    expect(text.startsWith("\r\x1b[K")).toBe(true);
    expect(text.slice(4)).not.toMatch(/\p{C}/u);
    expect([...text].length).toBeLessThanOrEqual(84);
  }
});
