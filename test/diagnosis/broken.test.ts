/** No verdict passes what is broken, whoever broke it, and nothing is advised that cannot help. */
import { describe, expect, test } from "vitest";
import { diagnose, float8_e4m3fn, format, formatDiagnosis } from "../../src/index.js";
import { everyNorm } from "../support/cases.js";
import { diagnosed } from "../support/schema.js";

/** Two groups, of which the second is an ordinary one. */
const rows = (...first: [number, number, number, number]) => ({
  data: Float32Array.of(...first, 1, 2, 3, -4),
  shape: [2, 4],
});
const options = { arithmetic: "float16", layer: "layer" } as const;

describe.each([NaN, Infinity, -Infinity])("%d in the data", (special) => {
  test.each(everyNorm([2], [3]).map((norm) => [JSON.stringify(norm), norm] as const))("%s", (_, norm) => {
    const x = rows(1, 2, special, 4);
    const found = diagnosed(x, { ...options, norm });
    expect(found.verdict).toBe("failed");
    expect(found.reason).toMatch(/^the data has 1 (NaN|infinity); of the rest, the output /);
    expect(found.equalSpecials).toBeGreaterThan(0);
    const text = formatDiagnosis(found, { color: false });
    expect(text).toMatch(/^failed: the data has 1 (NaN|infinity)/m);
    expect(text).toMatch(/^2 groups of 4; .*, 1 (NaN|infinite)$/m);
    const all = diagnosed({ data: new Float32Array(8).fill(special), shape: [2, 4] }, { ...options, norm });
    expect(all).toMatchObject({
      verdict: "failed",
      reason: `the data has 8 ${Number.isNaN(special) ? "NaN" : "infinities"}, and every group is lost to them`,
      absorbedOverflow: 0,
      error: { count: 8, mismatchedSpecials: 0, maxUlp: null },
      remedies: [],
    });
  });
});

test.each([
  [{ weight: Float32Array.of(1, NaN, 1, 1) }, /^the weight has 1 NaN; of the rest, /],
  [{ bias: Float32Array.of(Infinity, 0, -Infinity, 0) }, /^the bias has 2 infinities; of the rest, /],
  [
    { weight: Float32Array.of(1, 1e30, 1, 1) },
    /^2 of 8 outputs are .*: the weight goes up to 1e30, which is beyond float16$/,
  ],
  [{ bias: Float32Array.of(1, 1, 1, 65520) }, /the bias goes up to 65520, which is beyond float16$/],
])("what is beyond numbers in %j", (given, reason) => {
  const found = diagnosed(rows(1, 2, 3, 4), { ...options, ...given });
  expect(found.verdict).toBe("failed");
  expect(found.reason).toMatch(reason);
});

test("what rounds into the format is not beyond it", () => {
  const { notes } = diagnosed(rows(1, 2, 3, 4), { ...options, bias: Float32Array.of(1, 1, 1, 65519) });
  expect(notes).toEqual([]);
});

describe("a group of equal values without eps", () => {
  test.each(everyNorm([2], [3]).map((norm) => [JSON.stringify(norm), norm] as const))("%s", (_, norm) => {
    const found = diagnosed(rows(3, 3, 3, 3), { ...options, norm, eps: 0 });
    expect(found.verdict).toBe("failed");
    expect(found.equalSpecials).toBe(4);
    expect(found.reason).toMatch(
      /^4 of 8 outputs are NaN, in exact arithmetic too: the scale of their groups is 0, and so is eps; of the rest, /,
    );
    expect(found.notes[0]).toMatch(/^eps is 0: a group of equal values comes out as NaN; eps [\d.e-]+ is enough$/);
    // which it is
    const [, least] = /eps ([\d.e-]+) is/.exec(found.notes[0]) ?? [];
    const raised = diagnosed(rows(3, 3, 3, 3), { ...options, norm, eps: Number(least) });
    expect(raised.equalSpecials).toBeUndefined();
    expect(raised.error.mismatchedSpecials).toBe(0);
  });

  test("of what saturates is a group of zeros", () => {
    const arithmetic = format({ ...float8_e4m3fn, overflow: "saturate" });
    const { notes, verdict } = diagnosed(rows(3, 3, 3, 3), { ...options, arithmetic, eps: 1e-9 });
    expect(notes).toEqual(["eps 1e-9 rounds to 0 in a format of 4 digits"]);
    expect(verdict).toBe("degraded");
  });
});

test("data beyond the format is not of its own, and remedies help", () => {
  const found = diagnosed({ data: Float32Array.of(1e5, 2e5, -3e5, 4e5), shape: [1, 4] }, options);
  expect(found.verdict).toBe("failed");
  expect(found.reason).toMatch(/^4 of 4 outputs are NaN or infinite and should not be: 4 elements overflow/);
  expect(found.equalSpecials).toBeUndefined();
  const [best] = found.remedies;
  expect(best).toMatchObject({ error: { mismatchedSpecials: 0 }, gainDb: null });
  const row = formatDiagnosis(found, { color: false })
    .split("\n")
    .find((line) => line.startsWith(best.change));
  expect(row).toMatch(/ {2,}\+∞ /);
});

test("remedies are run where they are asked for, and then on anything", () => {
  const x = rows(1, 2, NaN, 4);
  expect(diagnose(x, options).remedies).toEqual([]);
  expect(diagnose(x, { ...options, remedies: true }).remedies.length).toBeGreaterThan(3);
});
