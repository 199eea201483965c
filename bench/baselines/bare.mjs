/**
 * Kernels without a library around them: those of bare-kernels.ts, compiled here, and those of the library's own that a call
 * ran, run again with nothing before and after.
 */

import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { load } from "../../dist/index.js";

/**
 * @typedef {object} Bare
 * @property {{ buffer: ArrayBuffer, grow(pages: number): number }} memory
 * @property {(p: number, n: number) => number} loads
 * @property {(p: number, n: number, to: number) => void} stores
 * @property {(p: number, n: number, k: number) => number} deviation
 */

/** @type {Promise<WebAssembly.Module> | undefined} */
let compiled;

async function compile() {
  const name = "bare-kernels.ts";
  const source = readFileSync(new URL(name, import.meta.url), "utf8");
  const options = { optimizeLevel: 3, runtime: "stub", enable: ["simd"], noAssert: true };
  const { error, binary, stderr } = await asc.compileString({ [name]: source }, options);
  if (error) throw new Error(`${name}: ${error.message}\n${stderr}`);
  return new WebAssembly.Module(/** @type {Uint8Array<ArrayBuffer>} */ (binary));
}

const PAGE = 65536;

/**
 * The kernels with data in their memory, and as much room behind it.
 * @param {Float32Array} data
 */
export async function bareKernels(data) {
  compiled ??= compile();
  const { exports } = new WebAssembly.Instance(await compiled);
  const kernels = /** @type {Bare} */ (/** @type {unknown} */ (exports));
  const pages = Math.ceil(data.byteLength / PAGE);
  const from = kernels.memory.buffer.byteLength;
  kernels.memory.grow(2 * pages);
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
