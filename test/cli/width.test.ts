/** Lines of text are never wider than the terminal, or than COLUMNS says. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/run.js";
import type { Section } from "../../src/cli/terminal/section.js";
import { sectionsText } from "../../src/cli/terminal/sections.js";
import { halfnorm } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { write } = temporaryFolder();
const before = process.env.COLUMNS;
afterEach(() => {
  if (before === undefined) delete process.env.COLUMNS;
  else process.env.COLUMNS = before;
});

const longest = (text: string): number => Math.max(...text.split("\n").map((line) => [...line].length));

const word = fc.string({ unit: fc.constantFrom("a", "7", ".", "_", "Σ", "/", "😀"), minLength: 1, maxLength: 90 });
const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(" "));
const section: fc.Arbitrary<Section> = fc.integer({ min: 1, max: 11 }).chain((n) =>
  fc.record({
    title: text,
    columns: fc.array(fc.record({ title: word, left: fc.boolean(), shed: fc.option(fc.nat(9), { nil: undefined }) }), {
      minLength: n,
      maxLength: n,
    }),
    rows: fc.array(fc.array(word, { minLength: n, maxLength: n }), { maxLength: 5 }),
    names: fc.boolean(),
    notes: fc.array(text, { maxLength: 3 }),
  }),
);

describe("text", () => {
  it("fits into 40 to 200 columns, whatever is in it", () => {
    fc.assert(
      fc.property(
        fc.array(section, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 40, max: 200 }),
        (all, width) => {
          process.env.COLUMNS = String(width);
          expect(longest(sectionsText(all))).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("sheds columns in their order, and says so", () => {
    process.env.COLUMNS = "40";
    const columns = [
      { title: "name", left: true },
      ...[3, 1, 2].map((shed) => ({ title: `${shed}`.repeat(11), shed })),
    ];
    const shown = sectionsText([{ title: "t", columns, rows: [["a", "1", "2", "3"]] }]);
    expect(shown).toBe(
      `t\n\nname  33333333333  22222222222\na               1            3\n\nWithout room in 40 columns: 11111111111.\n`,
    );
  });

  it("shortens names in their middle before anything is shed", () => {
    process.env.COLUMNS = "40";
    const columns = [
      { title: "tensor", left: true },
      { title: "x", shed: 1 },
    ];
    const name = `${"a".repeat(60)}.weight`;
    expect(sectionsText([{ title: "t", columns, rows: [[name, "1"]], names: true }])).toMatch(
      /^a{18}…a{11}\.weight {2}1$/m,
    );
  });

  const RUNS = [
    ["diagnose", "digits-cnn.safetensors", "--no-remedies"],
    ["diagnose", "transformer-residual-outlier.npy", "--details"],
    ["compare", "digits-cnn.safetensors", "digits-cnn.safetensors", "--tolerance-ulp", "1"],
    ["compare", "transformer-residual-outlier.npy", "transformer-residual.npy", "--tolerance-ulp", "1"],
    ["sweep", "--norm", "l1,l2", "--n", "16", "--sigma", "1:1"],
    ["bench", "--elements", "1024", "--time", "1"],
    ["merge", "-"],
  ];

  it("is looked at from every command", () => {
    expect(new Set(RUNS.map(([command]) => command))).toEqual(new Set(Object.keys(COMMANDS)));
  });

  it.each(RUNS)("%s %s obeys COLUMNS", async (...args) => {
    const part =
      args[0] === "merge"
        ? (await halfnorm(["diagnose", "digits-cnn.safetensors", "--no-remedies", "--shard", "1/1", "--json"])).stdout
        : undefined;
    const long = write(`${"long".repeat(40)}.npy`, npyBytes({ header: npyHeader("<f4", [2]), data: Buffer.alloc(8) }));
    const all = args[0] === "diagnose" ? [...args, long] : args;
    for (const width of [40, 67, 150]) {
      const { stdout, stderr } = await halfnorm(all, part, { COLUMNS: String(width) });
      expect(stderr).toBe("");
      expect(longest(stdout)).toBeLessThanOrEqual(width);
    }
  });
});
