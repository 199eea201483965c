/** Names of files and tensors that a terminal would obey, or that look like others: nothing shown has them as they are. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { few, printable, quote, safeJson, visible } from "../../src/cli/terminal/printable.js";
import { halfnorm } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { safetensorsBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const UNSAFE = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

const NAMES = [
  "\x1b]0;title\x07",
  "\x9b31m\x85",
  "\u202egnp.weight\u2066",
  "\u200b\u2028\ufeff\u{e0041}",
  "\ud800half",
  "\x7f\n\r\b",
  "<img src=x>",
  "x".repeat(5000),
];
const VALUES = Float32Array.from({ length: 8 }, (_, i) => i - 3.5);
const data = Buffer.concat(NAMES.map(() => Buffer.from(VALUES.buffer)));
const header = NAMES.map((name, i) => [name, { dtype: "F32", shape: [2, 4], data_offsets: [32 * i, 32 * i + 32] }]);
const bytes = safetensorsBytes(
  Object.fromEntries([...header, ["\x1b[2Jint", integers()]]),
  Buffer.concat([data, Buffer.alloc(8)]),
);
const FILE = write("evil\x1b[31m\u202e.safetensors", bytes);

function integers() {
  return { dtype: "I64", shape: [1], data_offsets: [data.length, data.length + 8] };
}

describe("names that a terminal would obey", () => {
  const diagnose = ["diagnose", FILE, "--norm", "l1", "--no-remedies", "--layer", "layer"];
  it.each<[string, string[]]>([
    ["diagnose", diagnose],
    ["diagnose --details", [...diagnose, "--details"]],
    ["compare", ["compare", FILE, FILE, "--tolerance-ulp", "1"]],
  ])("are escaped in the text of %s", async (_, args) => {
    const { code, stdout, stderr } = await halfnorm(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toMatch(UNSAFE);
    expect(stdout).toContain("\\u{1b}]0;title\\u{7}");
    expect(stdout).toContain("\\u{9b}31m\\u{85}");
    expect(stdout).toContain("\\u{202e}gnp.weight");
  });

  it("are data in JSON, escaped as JSON has it", async () => {
    for (const args of [diagnose, ["compare", FILE, FILE]]) {
      const { stdout } = await halfnorm([...args, "--json"]);
      expect(stdout).not.toMatch(UNSAFE);
      expect(JSON.parse(stdout).tensors.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    }
  });

  it("are escaped in a report, its title and its headings", async () => {
    expect((await halfnorm([...diagnose, "--html", path("report.html")])).code).toBe(0);
    const html = readFileSync(path("report.html"), "utf8");
    expect(html).not.toMatch(UNSAFE);
    expect(html).not.toContain("<img");
    expect(html).toMatch(/<title>halfnorm diagnose: .*evil\\u\{1b\}\[31m/);
    expect(html).toContain("\\u{202e}gnp.weight");
  });

  it("are escaped in every message", async () => {
    const calls = [
      ["\x1b[2J"],
      ["--\x9b\u202e"],
      ["sweep", "--\x1b[2J"],
      ["sweep", "\x1b[2J"],
      ["sweep", "--sigma", "\x1b[2J"],
      ["bench", "\x9b2J"],
      ["diagnose", "none\u202e\x9b.npy"],
      ["diagnose", "x.npy", "--html", "none\x1b/x.html"],
      ["diagnose", FILE, "--tensor", "none\x1b[2J*"],
      ["diagnose", FILE, "--tensor", "\x1b[2Ji*"],
      ["diagnose", FILE, "--tensor", NAMES[1], "--axes", "5"],
      ["compare", FILE, "transformer-residual.npy"],
    ];
    for (const args of calls) {
      const { code, stdout, stderr } = await halfnorm(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^halfnorm: [^\n]+\n$/);
      expect(stderr).not.toMatch(UNSAFE);
    }
  });
});

describe("what makes text printable", () => {
  it("leaves no sign that is not to be seen, and text that is as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(50), (text, most) => {
        for (const shown of [
          visible(text),
          printable(text),
          printable(text, most),
          quote(text),
          few([text, text], 1),
        ]) {
          expect(shown).not.toMatch(UNSAFE);
        }
        expect(JSON.parse(safeJson(JSON.stringify(text)))).toBe(text);
      }),
      { numRuns: 2000 },
    );
    expect(visible("Gewicht é 重み 🦎 2 × 3")).toBe("Gewicht é 重み 🦎 2 × 3");
  });

  it("cuts long text between signs", () => {
    expect(printable("abcdef", 6)).toBe("abcdef");
    expect(printable("abcdefg", 6)).toBe("abcde…");
    expect(printable("ab🦎cd", 4)).toBe("ab…");
    expect(few(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  });
});
