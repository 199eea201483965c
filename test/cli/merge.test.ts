/** The parts of a diagnosis: who does what, and that joined they are what one run finds. */
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownersOf } from "../../src/cli/diagnosed/shard.js";
import { halfnorm, refusal, SAMPLES } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const write1 = (name: string, type: string, data: Uint8Array): string =>
  write(name, npyBytes({ header: npyHeader(type, [data.length / Number(type[2])]), data }));

/** Tensors of every kind: left out, refused by a norm or by all of them, of float64, failed. */
const FILES = [
  "digits-cnn.safetensors",
  write1("integers.npy", "<i4", Buffer.alloc(8)),
  write1("one.npy", "<f4", Buffer.alloc(4)),
  write1("wide.npy", "<f8", Buffer.from(Float64Array.of(1e300, 1 / 3, -2, 7).buffer)),
  write1("none.npy", "<f4", Buffer.alloc(0)),
  write1("few.npy", "<f4", Buffer.from(Float32Array.of(1, 2, 3).buffer)),
];
const OPTIONS = ["--norm", "l1,top5,l2", "--fail-on", "failed", "--tolerance-ulp", "1e6"];

const part = async (i: number, n: number, args: readonly string[] = OPTIONS): Promise<string> => {
  const { code, stdout, stderr } = await halfnorm(["diagnose", ...FILES, ...args, "--shard", `${i}/${n}`, "--json"]);
  expect({ code: code < 2, stderr }).toEqual({ code: true, stderr: "" });
  return write(`${i}-of-${n}.json`, Buffer.from(stdout));
};
const made = new Map<number, Promise<string[]>>();
/** Made once: nothing writes to them. */
function partsInto(n: number): Promise<string[]> {
  const parts = made.get(n) ?? Promise.all(Array.from({ length: n }, (_, i) => part(i + 1, n)).reverse());
  made.set(n, parts);
  return parts;
}

describe("parts", () => {
  it("are each other's rest, the same whoever cuts, and of one size where that can be", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e6), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (sizes, parts) => {
        const found = ownersOf(sizes, parts);
        expect(found).toHaveLength(sizes.length);
        expect(found.every((i) => Number.isInteger(i) && i >= 1 && i <= parts)).toBe(true);
        expect(ownersOf(sizes.slice(), parts)).toEqual(found);
        const loads = Array.from({ length: parts }, (_, i) =>
          sizes.reduce((sum, size, at) => (found[at] === i + 1 ? sum + size + 4096 : sum), 0),
        );
        const largest = sizes.reduce((most, size) => Math.max(most, size + 4096), 0);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest);
      }),
    );
  });

  it.each([1, 7])("%i of them are joined to what one run finds, to the byte", async (n) => {
    const parts = await partsInto(n);
    for (const more of [["--json"], [], ["--details"]]) {
      const whole = await halfnorm(["diagnose", ...FILES, ...OPTIONS, ...more]);
      expect(await halfnorm(["merge", ...parts, ...more])).toEqual(whole);
    }
  });

  it("are joined to the report of one run, to the byte", async () => {
    const args = ["diagnose", "digits-cnn.safetensors", "--tensor", "fc.*", "--norm", "l1,top5", "--layer", "layer"];
    const [one, joined] = [path("one.html"), path("joined.html")];
    await halfnorm([...args, "--html", one]);
    const parts = [];
    for (const i of ["1/2", "2/2"]) {
      const { stdout } = await halfnorm([...args, "--shard", i, "--json"]);
      parts.push(write(`html-${i[0]}.json`, Buffer.from(stdout)));
    }
    await halfnorm(["merge", ...parts, "--html", joined]);
    expect(readFileSync(joined, "utf8")).toBe(readFileSync(one, "utf8"));
  });

  it("may be asked for another check", async () => {
    const parts = await partsInto(2);
    const { failOn } = JSON.parse((await halfnorm(["merge", ...parts, "--json"])).stdout);
    expect(failOn).toBe("failed");
    const degraded = await halfnorm(["merge", ...parts, "--json", "--fail-on", "degraded"]);
    expect(JSON.parse(degraded.stdout).failOn).toBe("degraded");
    expect(degraded.code).toBe(1);
  });

  it("of which nothing can be diagnosed are called so when they are joined", async () => {
    const file = write1("top.npy", "<f4", Buffer.from(Float32Array.of(1, 2).buffer));
    const args = ["diagnose", file, file, "--norm", "top9", "--layer", "layer"];
    const parts = [];
    for (const i of [1, 2]) {
      const { code, stdout } = await halfnorm([...args, "--json", "--shard", `${i}/2`]);
      expect(code).toBe(0);
      parts.push(write(`top-${i}.json`, Buffer.from(stdout)));
    }
    expect(refusal(await halfnorm(["merge", ...parts]))).toBe(refusal(await halfnorm(args)));
  });

  it("are refused where they do not go together", async () => {
    const [two, one] = await partsInto(2);
    const other = write(
      "other.json",
      Buffer.from(
        (await halfnorm(["diagnose", "digits-conv3-out.npy", ...OPTIONS, "--shard", "2/2", "--json"])).stdout,
      ),
    );
    const eps = await part(2, 2, [...OPTIONS, "--eps", "1"]);
    const third = await part(2, 3);
    const whole = write("whole.json", Buffer.from((await halfnorm(["diagnose", FILES[0], "--json"])).stdout));
    writeFileSync(path("cut.json"), readFileSync(one).subarray(0, -9));
    for (const [files, problem] of [
      [[one], /is one of 2 parts, and these are missing: 2$/],
      [[one, one, two], /is part 1 of 2, and so is/],
      [[one, third], /is part 2 of 3, .* one of 2$/],
      [[one, other], /is a part of other files, or with other options or another version/],
      [[one, eps], /is a part of other files, or with other options or another version/],
      [[whole], /was made without --shard$/],
      [[path("cut.json")], /is no JSON, or not all of it$/],
      [[`${SAMPLES}digits-cnn.safetensors`], /is no JSON/],
      [[write("null.json", Buffer.from("null"))], /is not what halfnorm diagnose --json writes/],
      [["-"], /^standard input: is empty$/],
      [[], /^merge takes files/],
    ] as const) {
      expect(refusal(await halfnorm(["merge", ...files], ""))).toMatch(problem);
    }
    // what is written to is no part that is read
    expect(refusal(await halfnorm(["merge", one, two, "--html", one]))).toMatch(/would be written over/);
  });

  it.each(["0/2", "3/2", "1", "1/0", "-1/2", "1/10000", "1/2/3", "a/b", ""])("--shard %s is none", async (text) => {
    expect(refusal(await halfnorm(["diagnose", "x.npy", `--shard=${text}`]))).toMatch(/^--shard must be I\/N/);
  });

  it("with anything in their place are refused in one line, or shown without a sign of control", async () => {
    const name = await part(1, 1, ["--norm", "l2", "--layer", "layer"]);
    const good = JSON.parse(readFileSync(name, "utf8"));
    good.tensors.splice(2, good.tensors.length);
    good.skipped = [];
    const { shard } = good;
    Object.assign(shard, { figures: shard.figures.slice(0, 2), positions: { total: 2, tensors: [0, 1], skipped: [] } });
    /** Everything in it that can be changed. */
    const places: (readonly [Record<string, unknown>, string])[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const key of Object.keys(value)) {
        places.push([value as Record<string, unknown>, key]);
        visit((value as Record<string, unknown>)[key]);
      }
    };
    visit(good);
    const bad = [undefined, null, -1, 1e308, 0.5, "\x1b[2J<script>", [], {}, [[]], { __proto__: null, a: 1 }, true];
    const file = path("bad.json");
    const random = fc.sample(fc.tuple(fc.nat(places.length - 1), fc.nat(bad.length - 1)), { numRuns: 20, seed: 7 });
    for (const [place, value] of random) {
      const [holder, key] = places[place];
      const before = holder[key];
      holder[key] = bad[value];
      writeFileSync(file, JSON.stringify(good));
      holder[key] = before;
      const { code, stdout, stderr } = await halfnorm(["merge", file]);
      expect([0, 1, 2]).toContain(code);
      expect(stderr).toMatch(code === 2 ? /^halfnorm: (?!internal error)[^\n]+\n$/ : /^$/);
      expect(stdout + stderr).not.toContain("\x1b");
    }
  });
});
