/** Patterns of names, against regular expressions. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isGlob, matchesGlob } from "../../src/cli/files/glob.js";
import { seconds } from "../support/seconds.js";

const expression = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern.replace(/[\\^$.*+?()[\]{}|]/g, (sign) => ({ "*": ".*", "?": "." })[sign] ?? `\\${sign}`)}$`,
    "su",
  );

it("match what the same regular expression matches", () => {
  const sign = fc.constantFrom("a", "b", "*", "?", ".", "🦎", "\n");
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 9 }), fc.array(sign, { maxLength: 9 }), (p, n) => {
      const [pattern, name] = [p.join(""), n.join("")];
      expect(matchesGlob(pattern, name)).toBe(expression(pattern).test(name));
      expect(matchesGlob(name, name)).toBe(true);
      expect(isGlob(pattern)).toBe(/[*?]/.test(pattern));
    }),
    { numRuns: 20_000 },
  );
});

it("take time that does not grow with the stars", () => {
  const name = "a".repeat(20_000);
  const spent = seconds(() => {
    expect(matchesGlob(`${"*".repeat(10_000)}z`, name)).toBe(false);
    expect(matchesGlob(`${"*a".repeat(1000)}*z`, name)).toBe(false);
    expect(matchesGlob(`${"*?".repeat(1000)}z`, name)).toBe(false);
    expect(matchesGlob(`${"*a".repeat(10_000)}*`, name)).toBe(true);
  });
  expect(spent).toBeLessThan(2);
});
