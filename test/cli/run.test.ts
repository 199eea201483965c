/** The command line: usage, exit codes, pipes, interruption. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { COMMANDS, run } from "../../src/cli/run.js";
import { FileError, UsageError } from "../../src/cli/terminal/errors.js";
import { parse } from "../../src/cli/terminal/options.js";
import { halfnorm, refusal, SAMPLES, shell, start } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { path } = temporaryFolder();

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
