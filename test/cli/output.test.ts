/** What is written to standard output. */
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { printJson } from "../../src/cli/terminal/output.js";

it("is JSON as JSON.stringify() has it, in pieces", async () => {
  const pieces: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text, done: unknown) => {
    pieces.push(String(text));
    (done as () => void)();
    return true;
  });
  try {
    const key = fc.oneof(fc.string(), fc.constant("line\nfeed"));
    const json = fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.constant(undefined)));
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        pieces.length = 0;
        await printJson(value);
        expect(pieces.join("")).toBe(`${JSON.stringify(value, null, 2)}\n`);
      }),
    );
  } finally {
    spy.mockRestore();
  }
});
