// One instance of the Wasm module with its memory. The only file that instantiates.

import { instantiateSync } from "@assemblyscript/loader";
import { type FormatSpec, OVERFLOWS } from "./formats.js";
import type { Kernels } from "./kernels.js";
import { Heap } from "./memory.js";
import { moduleBytes } from "./wasm.generated.js";

/** Pages that the module asks for, and the most it allows: 4 GiB. */
const INITIAL_PAGES = 5;
export const MAXIMUM_PAGES = 65536;

export class Engine {
  readonly heap: Heap;
  readonly kernels: Kernels;
  /** What the two format slots hold. */
  private readonly formats: (FormatSpec | undefined)[] = [];

  constructor(source: BufferSource | WebAssembly.Module, maximum = MAXIMUM_PAGES) {
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    // the instance's own exports: those of the loader pass through a closure at every call
    this.kernels = instantiateSync(source, { env: { memory } }).instance.exports as unknown as Kernels;
    this.heap = new Heap(memory);
  }

  /** Fills a slot, one of the FORMAT constants, unless it holds the format already. */
  setFormat(slot: number, format: FormatSpec): void {
    if (this.formats[slot] === format) return;
    const { precision, emin, emax, max, overflow, subnormals } = format;
    this.kernels.setFormat(slot, precision, emin, emax, max, OVERFLOWS[overflow], +subnormals);
    this.formats[slot] = format;
  }
}

let current: Engine | undefined;

/** The engine that calls go to: the default one, made on first use, unless within() says otherwise. */
export function engine(): Engine {
  current ??= new Engine(moduleBytes() as BufferSource);
  return current;
}

/** Runs `call` on an engine of its own. Everything is synchronous, so no other call can come between. */
export function within<T>(own: Engine, call: () => T): T {
  const outer = current;
  current = own;
  try {
    return call();
  } finally {
    current = outer;
  }
}
