import { describe, expect, it } from "vitest";
import { failureLine, messageOf } from "../../src/cli/terminal/errors.js";
import { load } from "../../src/index.js";

describe("memory that is not enough", () => {
  /** What the package says, with what a program can do about it. */
  async function exhausted(): Promise<Error> {
    const own = await load({ maxBytes: 2 ** 20 });
    const held = [];
    try {
      for (;;) held.push(own.empty([2 ** 16]));
    } catch (error) {
      return error as Error;
    }
  }

  it("is said with what users of the command line, or of the page, can do about it", async () => {
    const error = await exhausted();
    expect(error.message).toMatch(/dispose\(\)/);
    expect(messageOf(error)).toMatch(/^not enough memory: \d+ bytes needed; fewer jobs or smaller tensors need less$/);
    expect(messageOf(error, "wait")).toMatch(/^not enough memory: \d+ bytes needed; wait$/);
    expect(failureLine(error)).toBe(`halfnorm: ${messageOf(error)}\n`);
  });

  it("is not what else is wrong", () => {
    expect(messageOf(new RangeError('"eps" must be at least 0, got -1'))).toBe('"eps" must be at least 0, got -1');
  });
});
