/** The command line: usage, exit codes, pipes, interruption; and the commands compare, sweep and bench. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { COMMANDS, run } from "../../src/cli/run.js";
import { FileError, UsageError } from "../../src/cli/terminal/errors.js";
import { parse } from "../../src/cli/terminal/options.js";
import { FIXTURES, halfnorm, refusal, SAMPLES, shell, start } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();

describe("usage", () => {
  it("has help and a version", async () => {
    const { code, stdout, stderr } = await halfnorm(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${command} `);
    expect(await halfnorm(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    expect((await halfnorm(["help", "sweep"])).stdout).toBe((await halfnorm(["sweep", "--help"])).stdout);
  });

  it.each(Object.keys(COMMANDS))("has help with examples for %s, in 80 columns", async (command) => {
    const { code, stdout } = await halfnorm([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: halfnorm ${command} `));
    expect(stdout).toContain(`Examples:\n  halfnorm ${command}`);
    const prose = stdout.split("\n").filter((line) => !line.startsWith("  halfnorm"));
    for (const line of prose) expect([...line].length).toBeLessThanOrEqual(80);
  });

  it.each(Object.entries(COMMANDS))("has examples for %s that its options allow", async (name, { load }) => {
    const { examples, options } = await load();
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) {
      // up to what is the shell's
      const [command, ...args] = line.split(/ [|<>&]/)[0].split(" ");
      expect(command).toBe(name);
      expect(() => parse(args, options)).not.toThrow();
    }
  });

  it.each<[string, string[], RegExp]>([
    ["no command", [], /^expected a command, one of .*compare/],
    ["an unknown command", ["diagnoze"], /^unknown command diagnoze, commands are .*compare/],
    ["a command of terminal codes", ["\x1b[2J"], /^unknown command \\u\{1b\}\[2J/],
    ["an unknown option", ["sweep", "--norms", "l1"], /^Unknown option '--norms'$/],
    ["an option of no command", ["--json"], /^unknown option --json/],
    ["an option without its value", ["sweep", "--norm"], /argument missing/],
    ["a norm that does not exist", ["sweep", "--norm", "l1,l3"], /^--norm must be l1, l2, .*, got "l3"$/],
    ["a norm twice", ["sweep", "--norm", "l1,top10,top-10"], /without repetition/],
    ["an empty list", ["sweep", "--n", ""], /^--n must be a list with commas, got ""$/],
    ["a count that is none", ["sweep", "--n", "1e3"], /^--n must be an integer from 2 to 1048576, got "1e3"$/],
    ["a negative count", ["sweep", "--n", "-4"], /^--n must be an integer .*, got "-4"$/],
    ["a range that is none", ["sweep", "--sigma", "1"], /^--sigma must be LOW:HIGH, got "1"$/],
    ["a range backwards", ["sweep", "--sigma", "1:0.1"], /^--sigma must be a number from 1 to/],
    ["k beyond n", ["sweep", "--n", "4"], /^--norm has top-10, more than the 4 elements of a group$/],
    ["a file where there should be none", ["sweep", "x.npy"], /^sweep takes no file, got "x\.npy"$/],
    ["one file", ["compare", "a.npy"], /^compare takes two files/],
    ["a format that does not exist", ["compare", "a", "b", "--format", "f16"], /^--format must be one of float16/],
    ["no file", ["compare", "none.npy", "transformer-residual.npy"], /^none\.npy: no such file$/],
    ["a folder", ["compare", ".", "none.npy"], /^\.: is a directory$/],
    ["no tensor file", ["compare", "README.md", "package.json"], /^README\.md: is no \.npy, \.npz or/],
    ["standard input twice", ["compare", "-", "-"], /^only one file can be standard input$/],
    ["a report in a folder that is not there", ["sweep", "--html", "none/x.html"], /^none\/x\.html: no such folder$/],
    ["a report that is a folder", ["sweep", "--html", "."], /^\.: is a directory$/],
  ])("refuses %s", async (_, args, problem) => {
    const refused = run(args).then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = (await refused) as Error;
    expect([UsageError, FileError, RangeError]).toContain(error.constructor);
    expect(error.message).toMatch(problem);
  });

  it("refuses in one line, with exit code 2", async () => {
    expect(refusal(await halfnorm(["sweep", "--norm", "l3"]))).toMatch(/^--norm must be/);
    expect(refusal(await halfnorm(["compare", "none.npy", "none.npy"]))).toBe("none.npy: no such file");
  });
});

describe("compare", () => {
  const cnn = "digits-cnn.safetensors";

  it("gives the golden result on the samples", async () => {
    const { code, stdout } = await halfnorm([
      "compare",
      "transformer-residual-outlier.npy",
      "transformer-residual.npy",
      "--json",
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.schema).toBe("halfnorm.cli.compare/1");
    await expect(stdout).toMatchFileSnapshot("../fixtures/cli/compare.json");
  });

  it("exits with 1 where the check that was asked for fails", async () => {
    const files = ["compare", "transformer-residual-outlier.npy", "transformer-residual.npy"];
    const failed = await halfnorm([...files, "--tolerance-ulp", "4"]);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/failed: not within 4 ulp\n$/);
    expect((await halfnorm([...files, "--tolerance-ulp", "1e9"])).code).toBe(0);
    const same = await halfnorm(["compare", cnn, cnn, "--tolerance-ulp", "0", "--json", "--jobs", "2"]);
    expect(same.code).toBe(0);
    const { tensors } = JSON.parse(same.stdout) as { tensors: { name: string; passes: boolean }[] };
    expect(tensors).toHaveLength(17);
    expect(tensors[0].name).toBe("bn1.bias");
    expect(tensors.every(({ passes }) => passes)).toBe(true);
  });

  it("lets as many elements be further off as are said", async () => {
    const values = Float32Array.from({ length: 200 }, (_, i) => 1 + i / 256);
    const off = values.map((value, i) => (i < 3 ? value + 2 ** -10 : value));
    const file = (name: string, data: Float32Array) =>
      write(name, npyBytes({ header: npyHeader("<f4", [200]), data: Buffer.from(data.buffer) }));
    const [a, e] = [file("off.npy", off), file("values.npy", values)];
    const check = async (...args: string[]) => {
      const { code, stdout } = await halfnorm(["compare", a, e, "--json", ...args]);
      return { code, beyond: JSON.parse(stdout).tensors[0].beyond };
    };
    // 2^-10 are 2^13 ulp of float32 from 1 to 2, and one of float16
    expect(await check("--tolerance-ulp", "8191", "--outliers", "1.5")).toEqual({ code: 0, beyond: 3 });
    expect(await check("--tolerance-ulp", "8191", "--outliers", "1.49")).toEqual({ code: 1, beyond: 3 });
    expect(await check("--tolerance-ulp", "8191")).toEqual({ code: 1, beyond: 3 });
    expect(await check("--tolerance-ulp", "8192")).toEqual({ code: 0, beyond: 0 });
    expect(await check("--tolerance-ulp", "1", "--format", "float16")).toEqual({ code: 0, beyond: 0 });
    expect(await check("--tolerance-ulp", "0.99", "--format", "float16", "--outliers", "1")).toEqual({
      code: 1,
      beyond: 3,
    });
    off[9] = Number.NaN;
    file("off.npy", off);
    expect(await check("--tolerance-ulp", "8191", "--outliers", "100")).toEqual({ code: 1, beyond: 3 });
    const { stdout } = await halfnorm(["compare", a, e, "--tolerance-ulp", "1", "--outliers", "1"]);
    expect(stdout).toMatch(/failed: not within 1 ulp but for 1 % of the elements\n$/);
    expect(refusal(await halfnorm(["compare", a, e, "--outliers", "1"]))).toMatch(
      /^--outliers goes with --tolerance-ulp/,
    );
    expect(refusal(await halfnorm(["compare", a, e, "--tolerance-ulp", "1", "--outliers", "101"]))).toMatch(
      /^--outliers must be a number from 0 to 100, got "101"$/,
    );
  });

  it("says what was left out and what was rounded", async () => {
    const { stdout } = await halfnorm(["compare", cnn, cnn]);
    expect(stdout).toMatch(/^Not compared, of type "I64": bn1\.num_batches_tracked, /m);
    const thirds = `${FIXTURES}thirds.npy`;
    expect((await halfnorm(["compare", thirds, thirds])).stdout).toMatch(
      /^2 values of float64 are beyond float32: .*\n.*less\.\n18 values of float64 were rounded to float32\.$/m,
    );
  });

  it("takes special values in one only for a failure", async () => {
    const bytes = readFileSync(`${FIXTURES}f4-little-c.npy`);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    const { code } = await halfnorm([
      "compare",
      write("nan.npy", bytes),
      `${FIXTURES}f4-little-c.npy`,
      "--tolerance-ulp",
      "1e9",
    ]);
    expect(code).toBe(1);
    const both = await halfnorm(["compare", write("nan.npy", bytes), write("same.npy", bytes), "--tolerance-ulp", "0"]);
    expect(both.code).toBe(0);
    expect(both.stdout.replaceAll("\n", " ")).toMatch(/1 NaN and 0 infinities (stand )?in the same places/);
  });

  it("chooses tensors by name and by pattern", async () => {
    const { stdout } = await halfnorm([
      "compare",
      cnn,
      cnn,
      "--tensor",
      "conv?.weight",
      "--tensor",
      "fc.bias",
      "--json",
    ]);
    const names = (JSON.parse(stdout).tensors as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["conv1.weight", "conv2.weight", "conv3.weight", "fc.bias"]);
    expect(refusal(await halfnorm(["compare", cnn, cnn, "--tensor", "conv4*"]))).toBe(
      `${cnn} has no float tensor "conv4*", it has bn1.bias, bn1.running_mean, bn1.running_var, bn1.weight, bn2.bias, bn2.running_mean, bn2.running_var, bn2.weight and 9 more`,
    );
    expect(refusal(await halfnorm(["compare", cnn, cnn, "--tensor", "bn1.num*"]))).toMatch(
      /"bn1.num_batches_tracked" is "I64"/,
    );
  });

  it("refuses tensors that do not go together", async () => {
    expect(refusal(await halfnorm(["compare", cnn, `${FIXTURES}types.safetensors`]))).toMatch(
      /has no float tensor "bn1.bias", but/,
    );
    expect(refusal(await halfnorm(["compare", "digits-conv1-out.npy", "digits-conv3-out.npy"]))).toMatch(
      /^digits-conv1-out.npy: tensor "digits-conv1-out": "expected" must have the shape/,
    );
  });

  it("measures float64 and bfloat16 in ulp of what they become, and says what was rounded", async () => {
    const files = [`${FIXTURES}thirds.npy`, `${FIXTURES}thirds.npy`];
    const [{ comparison, rounded }] = JSON.parse((await halfnorm(["compare", ...files, "--json"])).stdout).tensors;
    expect(comparison.format).toBe("float32");
    expect(rounded).toEqual({ actual: { rounded: 9, overflowed: 1 }, expected: { rounded: 9, overflowed: 1 } });
    const types = `${FIXTURES}types.safetensors`;
    const brain = await halfnorm(["compare", types, types, "--tensor", "brain", "--json"]);
    expect(JSON.parse(brain.stdout).tensors[0].comparison.format).toBe("bfloat16");
  });

  it("shows no codes of a terminal, neither its own nor those of names", async () => {
    const types = `${FIXTURES}types.safetensors`;
    const { stdout } = await halfnorm(["compare", types, types], undefined, { FORCE_COLOR: "3" });
    expect(stdout).not.toContain("\x1b");
    expect(stdout).toContain('quo"te\\u{a}');
  });
});

describe("sweep", () => {
  const few = ["sweep", "--norm", "l2,top4", "--n", "64", "--sigma", "1e-4:100", "--order", "sequential"];

  it("gives the golden result", async () => {
    const { code, stdout } = await halfnorm([...few, "--json"]);
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot("../fixtures/cli/sweep.json");
  });

  it("fits 80 columns", async () => {
    const { code, stdout } = await halfnorm(["sweep", "--norm", "l1", "--sigma", "1e-3:1e3"]);
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect([...line].length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^65,536 .* 0\.1[56]\d /m); // a sequential sum that has stopped growing
  });

  it("writes a report that loads nothing", async () => {
    expect((await halfnorm([...few, "--html", path("sweep.html")])).code).toBe(0);
    const html = readFileSync(path("sweep.html"), "utf8");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
    expect(html).not.toMatch(/https?:|src=|@import/);
  });
});

describe("bench", () => {
  it("measures what it says", async () => {
    const { code, stdout } = await halfnorm(["bench", "--elements", "20000", "--time", "2", "--json"]);
    expect(code).toBe(0);
    const { schema, lines } = JSON.parse(stdout);
    expect(schema).toBe("halfnorm.cli.bench/1");
    expect(lines.length).toBeGreaterThan(10);
    for (const { gbPerSecond, nsPerElement, maxUlp, p99Ulp } of lines) {
      expect(gbPerSecond).toBeGreaterThan(0);
      expect(nsPerElement).toBeGreaterThan(0);
      if (maxUlp !== null) {
        expect(maxUlp).toBeLessThan(100);
        expect(p99Ulp).toBeLessThan(4);
      }
    }
  });
});

describe("pipes", () => {
  it("standard input", async () => {
    const single = readFileSync(`${SAMPLES}transformer-residual.npy`);
    const fromPipe = await halfnorm(["compare", "-", "transformer-residual.npy", "--json"], single);
    expect(fromPipe.code).toBe(0);
    expect(JSON.parse(fromPipe.stdout).tensors[0].comparison.maxUlp).toBe(0);
    expect(refusal(await halfnorm(["compare", "-", "transformer-residual.npy"], ""))).toBe("standard input: is empty");
    expect(refusal(await halfnorm(["compare", "-", "transformer-residual.npy"], single.subarray(0, 999)))).toMatch(
      /^standard input: is truncated/,
    );
  });

  it("one after the other", async () => {
    const line =
      'cat transformer-residual.npy | "$NODE" "$BIN" compare - transformer-residual.npy --json | "$NODE" -e \'console.log(JSON.parse(fs.readFileSync(0)).passes)\'';
    expect(await shell(line)).toEqual({ code: 0, stdout: "true\n", stderr: "" });
  });

  it("a closed one", async () => {
    const args = "sweep --norm l1 --n 64 --sigma 0.1:10 --json";
    const line = `{ "$NODE" "$BIN" ${args}; echo "exit code $?" >&2; } | head -c 1`;
    expect(await shell(line)).toEqual({ code: 0, stdout: "{", stderr: "exit code 0\n" });
    expect(await shell(`{ "$NODE" "$BIN" ${args}; echo "exit code $?" >&2; } | true`)).toMatchObject({
      stderr: "exit code 0\n",
    });
  });
});

describe("where nothing can be written", () => {
  const full = existsSync("/dev/full");
  const file = "digits-conv3-out.npy";

  it
    .runIf(full)
    .each([
      "--help",
      "--version",
      "help compare",
      "none.npy",
      `diagnose ${file} --norm l1 --no-remedies`,
      `diagnose ${file} ${file} --norm l1 --no-remedies --json --jobs 2`,
      `compare ${file} ${file}`,
      `compare ${file} ${file} --json`,
      "sweep --norm l1 --n 64 --sigma 0.1:10",
      "bench --elements 20000 --time 2",
    ])("%s says so in one line", async (args) => {
    const problem =
      args === "none.npy"
        ? /^halfnorm: unknown command [^\n]*\n$/
        : /^halfnorm: standard output: no space left on the device\n$/;
    expect(await shell(`"$NODE" "$BIN" ${args} > /dev/full`)).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(problem),
    });
  });

  it.runIf(full)("not even to standard error, the exit code says so", async () => {
    for (const streams of ["2> /dev/full", "> /dev/full 2>&1", "2>&-", "> /dev/full 2>&-"]) {
      expect(await shell(`"$NODE" "$BIN" compare none.npy none.npy ${streams}`)).toEqual({
        code: 2,
        stdout: "",
        stderr: "",
      });
    }
  });

  it("since it is open for reading only", async () => {
    expect(await shell(`"$NODE" "$BIN" --help 1< ${file}`)).toEqual({
      code: 2,
      stdout: "",
      stderr: "halfnorm: standard output: is not open for that\n",
    });
  });

  it.runIf(full)("keeps the results where only errors are lost", async () => {
    const { code, stdout } = await shell(`"$NODE" "$BIN" compare ${file} ${file} --json 2> /dev/full`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).passes).toBe(true);
  });
});

describe("interruption", () => {
  /** Waits until the folder has a file. */
  async function fileIn(folder: string): Promise<void> {
    while (!readdirSync(folder, { recursive: true }).length) await setTimeout(5);
  }

  it.each(["SIGINT", "SIGTERM"] as const)("by %s leaves no report", async (signal) => {
    const own = path(signal);
    mkdirSync(own);
    const child = start(["sweep", "--html", `${own}/report.html`]);
    const ended = new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
    await fileIn(own);
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(readdirSync(own)).toEqual([]);
  });

  it("leaves nothing of standard input", async () => {
    const own = path("tmp");
    mkdirSync(own);
    const child = start(["compare", "-", "transformer-residual.npy"], { env: { ...process.env, TMPDIR: own } });
    const ended = new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
    child.stdin.write("begin");
    await fileIn(own);
    child.kill("SIGINT");
    expect(await ended).toBe("SIGINT");
    expect(readdirSync(own)).toEqual([]);
  });
});
