// One instance of the Wasm module with its memory. The only file that instantiates.

import { instantiateSync } from "@assemblyscript/loader";
import type { Kernels, PartName, Parts } from "../abi/kernels.js";
import { type FormatSpec, OVERFLOWS } from "../numerics/format.js";
import { coreBytes } from "./core.generated.js";
import { Heap } from "./heap.js";
import { INITIAL_PAGES, MAXIMUM_PAGES } from "./sizes.js";

/** Kernels that only some bundles have, in a module of their own (abi/kernels.ts): what gives its bytes. */
export type Part<_P extends PartName> = () => BufferSource | WebAssembly.Module;

// the instance's own exports: those of the loader pass through a closure at every call
const instantiate = (source: BufferSource | WebAssembly.Module, memory: WebAssembly.Memory): object =>
  instantiateSync(source, { env: { memory } }).instance.exports;

export class Engine {
  readonly heap: Heap;
  readonly kernels: Kernels;
  /** Kernels of parts that were asked for. */
  declare parts?: Map<unknown, object>;
  /** What the plan in memory was last written for, if that is known. */
  planned: object | undefined = undefined;
  /** The part of memory that a result was last copied from to an array, and the view of all memory that it is a part of. */
  declare copied?: Float32Array | Uint16Array;
  declare copiedFrom?: Float32Array | Uint16Array;
  /** What the format slots hold. */
  private readonly formats: (FormatSpec | undefined)[] = [];

  /** @param source The core, or with `whole` a module that has all parts. */
  constructor(
    source: BufferSource | WebAssembly.Module,
    maximum = MAXIMUM_PAGES,
    readonly whole = false,
  ) {
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    this.kernels = instantiate(source, memory) as Kernels;
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

/**
 * The kernels of a part, instantiated on the same memory when they are first asked for. A function, and not a method, so
 * that it is only in the bundles of those who need a part.
 */
export function partOf<P extends PartName>(own: Engine, bytes: Part<P>): Parts[P] {
  own.parts ??= new Map();
  let kernels = own.whole ? own.kernels : own.parts.get(bytes);
  if (!kernels) {
    kernels = instantiate(bytes(), own.heap.memory as WebAssembly.Memory);
    own.parts.set(bytes, kernels);
  }
  return kernels as Parts[P];
}

let current: Engine | undefined;

/** The engine that calls go to: the default one, made on first use, unless within() says otherwise. */
export function engine(): Engine {
  current ??= new Engine(coreBytes());
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
