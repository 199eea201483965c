/** One tensor, several threads: the bits are those of one thread, and whatever goes wrong with one of them ends all. */
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Source } from "../../src/cli/files/source.js";
import { readTensor } from "../../src/cli/files/stored-tensor.js";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { halfnorm, start } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();

/** Numbers of many sizes, an outlier here and there, that repeat after a while that no axis divides. */
const VALUES = Float32Array.from({ length: 65_537 }, (_, i) => {
  const angle = i * 0.7548776662466927;
  return (angle - Math.floor(angle) - 0.4) * 2 ** ((i % 7) - 3) * (i % 9973 === 5 ? 400 : 1);
});

function elements(type: "f4" | "f8" | "f2" | "bf16", n: number): Buffer {
  const at = (i: number): number => VALUES[i % VALUES.length];
  if (type === "f4") return Buffer.from(Float32Array.from({ length: n }, (_, i) => at(i)).buffer);
  if (type === "f8") return Buffer.from(Float64Array.from({ length: n }, (_, i) => at(i) + 1e-9).buffer);
  const bits = new Uint32Array(VALUES.buffer);
  // of float16, numbers from 2^-4 to 2
  const half = (i: number): number => 0x2c00 + (bits[i % VALUES.length] % 0x1400) + ((i & 1) << 15);
  return Buffer.from(
    Uint16Array.from({ length: n }, (_, i) => (type === "f2" ? half(i) : bits[i % VALUES.length] >>> 16)).buffer,
  );
}

const npy = (type: "f4" | "f8" | "f2", shape: number[], fortran = false): Buffer =>
  npyBytes({
    header: npyHeader(`<${type}`, shape, fortran),
    data: elements(
      type,
      shape.reduce((a, b) => a * b),
    ),
  });

/** Just enough for threads to share them. */
const FILES: Record<string, () => Buffer> = {
  "rows.npy": () => npy("f4", [1100, 500]),
  "channels.npy": () => npy("f4", [4, 30, 4500]),
  // the numbers of one thread say nothing of those of another one
  "halves.npy": () => {
    const data = elements("f4", 550_000);
    const first = new Float32Array(data.buffer, 0, 275_000);
    first.set(first.map((x) => Math.round(8 * x) / 8));
    return npyBytes({ header: npyHeader("<f4", [1100, 500]), data });
  },
  "half.npy": () => npy("f2", [700, 768]),
  "fortran.npy": () => npy("f8", [900, 600], true),
  "deflated.npz": () => zipBytes([{ name: "a.npy", content: npy("f4", [530, 1000]), method: 8 }]),
  "brain.safetensors": () => {
    const data = elements("bf16", 530_000);
    const header = { a: { dtype: "BF16", shape: [530, 1000], data_offsets: [0, data.length] } };
    return safetensorsBytes(header, data);
  },
};
const written = new Map<string, string>();
function file(name: string): string {
  const path = written.get(name) ?? write(name, FILES[name]());
  written.set(name, path);
  return path;
}

describe("the result is the same to the bit with any number of threads", () => {
  const QUICK = ["--no-remedies", "--json"];
  it.each<[string, string[], number[]]>([
    ["rows.npy", ["--norm", "l2", "--json"], [2]],
    ["rows.npy", ["--norm", "l1,linf,top3,lp3", "--details", "--no-remedies"], [3]],
    ["rows.npy", ["--norm", "l2", "--layer", "batch", ...QUICK], [2, 3]],
    ["rows.npy", ["--norm", "l1", "--axes", "0", "--uncentred", "--order", "sequential", ...QUICK], [2]],
    ["channels.npy", ["--norm", "range", "--layer", "batch", "--arithmetic", "bfloat16", "--json"], [3]],
    ["channels.npy", ["--norm", "l2", "--layer", "group", "--groups", "5", ...QUICK], [2]],
    ["halves.npy", ["--norm", "l1", ...QUICK], [4]],
    ["half.npy", ["--kernel", "all", "--layer", "rms", ...QUICK], [2]],
    ["half.npy", ["--kernel", "onnxruntime-web/webgpu LayerNormalization", ...QUICK], [3]],
    ["fortran.npy", ["--norm", "l2", ...QUICK], [2]],
    ["fortran.npy", ["--norm", "l1", "--layer", "batch", ...QUICK], [3]],
    ["deflated.npz", ["--norm", "l2", "--layer", "batch", ...QUICK], [2]],
    ["brain.safetensors", ["--norm", "top600", "--layer", "layer", ...QUICK], [2]],
  ])("%s %j", async (name, args, jobs) => {
    const run = (many: number) => halfnorm(["diagnose", file(name), ...args, "--jobs", String(many)]);
    const alone = await run(1);
    expect(alone.stderr).toBe("");
    expect(alone.stdout.length).toBeGreaterThan(500);
    for (const many of jobs) expect(await run(many)).toEqual(alone);
  });

  it("and so are figures, and channels with statistics of their own", async () => {
    const statistics = (value: (i: number) => number) =>
      npyBytes({
        header: npyHeader("<f4", [30]),
        data: Buffer.from(Float32Array.from({ length: 30 }, (_, i) => value(i)).buffer),
      });
    const given = [
      [
        "--mean",
        write(
          "mean.npy",
          statistics((i) => i / 100),
        ),
      ],
      [
        "--deviation",
        write(
          "deviation.npy",
          statistics((i) => (i ? 1 + i / 7 : 1e-3)),
        ),
      ],
    ].flat();
    for (const args of [
      ["--layer", "batch", ...given],
      ["--layer", "layer", "--norm", "l1"],
    ]) {
      const [alone, both] = await Promise.all(
        ["1", "2"].map((jobs) =>
          halfnorm([
            "diagnose",
            file("channels.npy"),
            ...args,
            "--jobs",
            jobs,
            "--no-remedies",
            "--json",
            "--shard",
            "1/1",
          ]),
        ),
      );
      expect(both).toEqual(alone);
      expect(JSON.parse(alone.stdout).shard.figures).toHaveLength(1);
    }
  });
});

describe("threads that are started before the command is read", () => {
  // large enough for that
  const LARGE = [3000, 700];
  it("end with it where it is wrong, and where it needs none of them or fewer", async () => {
    const large = write("large.npy", npy("f4", LARGE));
    const stem = { a: npy("f4", LARGE), small: npy("f4", [4, 6]) };
    const archive = write(
      "large.npz",
      zipBytes(Object.entries(stem).map(([name, content]) => ({ name: `${name}.npy`, content }))),
    );
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await halfnorm(args);
      expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 2, stdout: "", lines: 1 });
    };
    await refused("diagnose", large, "--layer", "nothing");
    await refused("diagnose", large, "--jobs", "0");
    await refused("diagnose", large, path("missing.npy"), "--layer", "layer");
    await refused("compare", large, path("missing.npy"));
    await refused("diagnose", archive, "--tensor", "b");
    const results = async (...args: string[]) => {
      const { code, stdout, stderr } = await halfnorm(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    for (const args of [
      [large, "--axes", "0,1"],
      [archive, "--tensor", "small"],
    ]) {
      const all = ["diagnose", ...args, "--norm", "l2", "--json"];
      expect(await results(...all)).toBe(await results(...all, "--jobs", "1"));
    }
    expect(await results("diagnose", "--help", large)).toMatch(/^Usage/);
  });
});

describe("stretches of a tensor are read by themselves", () => {
  const SHAPE = [7, 80, 250];
  const SIZE = 7 * 80 * 250;
  /** Elements [first, first + length) of every period. */
  const PIECES = [
    [0, SIZE / 2, SIZE],
    [SIZE / 2, SIZE / 2, SIZE],
    [250, 17_500, 20_000],
    [3, 11, 250],
    [0, 1, 2],
  ];
  const safetensors = (type: "bf16" | "f4") => {
    const data = elements(type, SIZE);
    const dtype = type === "bf16" ? "BF16" : "F32";
    return safetensorsBytes({ a: { dtype, shape: SHAPE, data_offsets: [0, data.length] } }, data);
  };
  it.each<[string, Buffer]>([
    ["f4.npy", npy("f4", SHAPE)],
    ["f8.npy", npy("f8", SHAPE)],
    ["f2.npy", npy("f2", SHAPE)],
    ["fortran.npy", npy("f8", SHAPE, true)],
    ["stored.npz", zipBytes([{ name: "a.npy", content: npy("f4", SHAPE) }])],
    ["deflated.npz", zipBytes([{ name: "a.npy", content: npy("f8", SHAPE), method: 8 }])],
    ["f4.safetensors", safetensors("f4")],
    ["bf16.safetensors", safetensors("bf16")],
  ])("%s", async (name, bytes) => {
    const path = write(`piece-${name}`, bytes);
    const opened = await TensorFile.open(path);
    const [tensor] = opened.tensors;
    const { data: all, ...tally } = await opened.read(tensor);
    await opened.close();
    const source = await Source.open(path);
    const counted = { rounded: 0, overflowed: 0 };
    for (const [i, [first, length, period]] of PIECES.entries()) {
      const expected = all.filter((_, at) => at % period >= first && at % period < first + length);
      const target = expected.slice().fill(0);
      const { rounded, overflowed } = await readTensor(source, tensor, target, { first, length, period });
      expect(Buffer.compare(Buffer.from(target.buffer), Buffer.from(expected.buffer))).toBe(0);
      if (i < 2) {
        counted.rounded += rounded;
        counted.overflowed += overflowed;
      }
    }
    await source.close();
    // the first two are all of it
    expect(counted).toEqual(tally);
    expect(tally.rounded > 0).toBe(tensor.stored === "float64");
  });
});

describe("what goes wrong with one thread", () => {
  /** A program that the second thread begins with. */
  const second = (program: string): NodeJS.ProcessEnv => {
    const module = `import { threadId } from "node:worker_threads"; if (threadId === 2) { ${program} }`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}` };
  };
  const run = (program: string) =>
    halfnorm(["diagnose", file("rows.npy"), "--norm", "l2,l1", "--jobs", "2"], undefined, second(program));

  it("ends the others where it dies, in one line", async () => {
    const dies =
      "let left = 3; const { notify } = Atomics; Atomics.notify = (...all) => left-- ? notify(...all) : process.exit(7);";
    const { code, stdout, stderr } = await run(dies);
    expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 2, stdout: "", lines: 1 });
    expect(stderr).toMatch(/^halfnorm: .*a thread ended with 7/);
  });

  it("is a norm that none of them diagnoses, where its memory does not grow, and they go on together", async () => {
    /** The thread's memory does not grow when it is asked for that time, or those times. */
    const full = (first: number, last = first) =>
      "const { grow } = WebAssembly.Memory.prototype; let calls = 0;" +
      "WebAssembly.Memory.prototype.grow = function (pages) {" +
      `if (++calls >= ${first} && calls <= ${last}) throw new RangeError(); return grow.call(this, pages); };`;
    const { code, stderr, stdout } = await run(full(2, 3));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/not enough memory: \d+ bytes needed; fewer jobs or\s+smaller\s+tensors need less/);
    expect(stdout).toMatch(/\bL1\b/);
    // what is asked for at first may be more than is needed
    expect(await run(full(1))).toEqual(await run(""));
  });

  it("is a file that it cannot read: all are ended, in one line", async () => {
    const reads = `const { createRequire, syncBuiltinESMExports } = await import("node:module");
      const fs = createRequire("/")("node:fs"); const { readSync } = fs; let left = 1;
      fs.readSync = (...all) => typeof all[4] !== "number" || left-- ? readSync(...all) : 0; syncBuiltinESMExports();`;
    const { code, stdout, stderr } = await run(reads);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^halfnorm: .*rows\.npy: ends after \d+ bytes: it has become shorter while it was read\n$/);
  });
});

it("leaves nothing behind when it is interrupted", async () => {
  const folder = path("interrupted");
  mkdirSync(folder);
  const args = ["diagnose", "-", "--jobs", "3", "--norm", "l1,l2,linf,range,top10,lp3"];
  const child = start(args, { env: { ...process.env, TMPDIR: folder } });
  const ended = once(child, "exit");
  child.stdin.on("error", () => {});
  // seconds of work
  child.stdin.end(npy("f4", [9000, 1000]));
  while (!readdirSync(folder).length && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGINT");
  const [, signal] = await ended;
  expect(signal).toBe("SIGINT");
  expect(readdirSync(folder)).toEqual([]);
});
