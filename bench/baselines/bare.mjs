/**
 * Kernels without a library around them: those of bare-kernels.ts, compiled here, and those of the library's own that a call
 * ran, run again with nothing before and after.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../../dist/index.js";

/**
 * @typedef {object} Bare
 * @property {{ buffer: ArrayBuffer, grow(pages: number): number }} memory
 * @property {(p: number, n: number) => number} loads
 * @property {(p: number, n: number, to: number) => void} stores
 * @property {(p: number, n: number, k: number) => number} deviation
 * @property {(p: number, n: number, k: number) => number} moments
 * @property {(x: number, y: number, rows: number, n: number, tile: number, mean: number, factor: number) => number} emulate
 * @property {(c: number, v: number, n: number, errors: number) => number} judge
 * @property {(...given: [c: number, x: number, n: number, errors: number, mean: number, rest: number, s: number, tile: number]) => number} judgeByNorm
 * @property {(p: number, n: number, to: number, masks: number, low: number, high: number, tail: number) => number} parts
 */

/** @type {WebAssembly.Module | undefined} */
let compiled;

/**
 * In a process of its own: V8 would go on optimizing the compiler in the background for seconds, and in its queue the kernels
 * that are measured would wait behind it.
 */
function compile() {
  const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
  const source = fileURLToPath(new URL("bare-kernels.ts", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "halfnorm-bench-"));
  try {
    const binary = join(folder, "bare.wasm");
    const options = ["-O3", "--runtime", "stub", "--enable", "simd", "--noAssert", "--outFile", binary];
    execFileSync(process.execPath, [asc, source, ...options], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    return new WebAssembly.Module(readFileSync(binary));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PAGE = 65536;

/**
 * The kernels with data in their memory, and room behind it.
 * @param {Float32Array} data
 * @param {number} [times] how often there is room for as much
 */
export function bareKernels(data, times = 1) {
  compiled ??= compile();
  const { exports } = new WebAssembly.Instance(compiled);
  const kernels = /** @type {Bare} */ (/** @type {unknown} */ (exports));
  const pages = Math.ceil(data.byteLength / PAGE);
  const from = kernels.memory.buffer.byteLength;
  kernels.memory.grow((1 + times) * pages);
  new Float32Array(kernels.memory.buffer, from, data.length).set(data);
  return { kernels, from, room: from + pages * PAGE };
}

/**
 * What a call does in the kernels, without what the library does around them: a function that runs the same kernels again with
 * the same arguments, on the memory that they were left in.
 * @template T
 * @param {(own: import("../../dist/index.js").Halfnorm) => T} prepare
 * @param {(own: import("../../dist/index.js").Halfnorm, prepared: T) => unknown} call
 * @returns {Promise<() => void>}
 */
export async function kernelsOf(prepare, call) {
  /** @type {[(...given: number[]) => unknown, number[]][]} */
  let ran = [];
  const { Instance } = WebAssembly;
  const recorded = (/** @type {any[]} */ [module, imports]) => {
    const { exports } = new Instance(module, imports);
    /** @type {(entry: [string, any]) => [string, unknown]} */
    const recorder = ([name, kernel]) => {
      if (typeof kernel !== "function") return [name, kernel];
      const record = (/** @type {number[]} */ ...args) => {
        ran.push([kernel, args]);
        return kernel(...args);
      };
      return [name, record];
    };
    return { exports: Object.fromEntries(Object.entries(exports).map(recorder)) };
  };
  try {
    WebAssembly.Instance = new Proxy(Instance, { construct: (_, given) => recorded(given) });
    const own = await load();
    const prepared = prepare(own);
    for (let turn = 0; turn < 2; turn++) {
      ran = [];
      call(own, prepared);
    }
  } finally {
    WebAssembly.Instance = Instance;
  }
  const again = ran;
  if (again.length === 0) throw new Error("the call ran no kernel");
  return () => {
    for (const [kernel, args] of again) kernel(...args);
  };
}
