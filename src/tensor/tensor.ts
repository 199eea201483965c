import { type Engine, engine } from "../engine/engine.js";
import { allocate, free, type Heap } from "../engine/heap.js";
import { registryOf } from "./registry.js";
import { arrayOf, bytesOf, type DType, dtypeOf } from "./storage.js";

interface Block {
  readonly heap: Heap;
  readonly address: number;
  readonly bytes: number;
}

let registry: FinalizationRegistry<Block> | undefined;

/** Frees the memory of tensors that were dropped without dispose(). */
function abandoned(): FinalizationRegistry<Block> {
  registry ??= registryOf((block) => free(block.heap, block.address, block.bytes));
  return registry;
}

/**
 * A tensor in kernel memory: calls on it copy nothing. Made by `tensor()`, `empty()` and by every function that is
 * given one. Free it with `dispose()` or `using`; one that is merely dropped is freed when the garbage collector
 * gets to it.
 */
export class Tensor {
  /** dispose(), for `using`; there only when the engine knows the symbol. */
  declare [Symbol.dispose]: () => void;

  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  // private to the class, so that printing a tensor does not print its engine
  readonly #engine: Engine;
  #block: Block | undefined;
  #view: Float32Array | Uint16Array | undefined;

  /** @internal Memory is not cleared. */
  constructor(shape: readonly number[], size: number, storage: number) {
    // here and not in a static block, which bundlers have to keep
    if (Symbol.dispose) Tensor.prototype[Symbol.dispose] ??= Tensor.prototype.dispose;
    this.#engine = engine();
    this.shape = Object.freeze(shape);
    this.size = size;
    this.dtype = dtypeOf(storage);
    const { heap } = this.#engine;
    const bytes = size * bytesOf(storage);
    this.#block = { heap, address: bytes && allocate(heap, bytes), bytes };
    if (bytes) abandoned().register(this, this.#block, this.#block);
  }

  /** @internal A tensor beside this one. Memory is not cleared. */
  another(shape: readonly number[], size: number, storage: number): Tensor {
    return new Tensor(shape, size, storage);
  }

  /** @internal */
  get engine(): Engine {
    return this.#engine;
  }

  /** @internal The address, 0 for a tensor without elements; undefined when disposed of. */
  get address(): number | undefined {
    return this.#block?.address;
  }

  /**
   * A live view of the elements, row-major; float16 as bits. Ask for it again after other calls: a view is cut off
   * when memory grows.
   *
   * @throws {TypeError} when disposed of.
   */
  get data(): Float32Array | Uint16Array {
    const { buffer } = this.#engine.heap;
    if (!this.#block) throw new TypeError("the tensor is disposed of");
    if (this.#view?.buffer !== buffer) {
      this.#view = new (arrayOf(+(this.dtype === "float16")))(buffer as ArrayBuffer, this.#block.address, this.size);
    }
    return this.#view as Float32Array | Uint16Array;
  }

  /** Whether dispose() was called. */
  get disposed(): boolean {
    return !this.#block;
  }

  /** A copy of the elements that outlives the tensor. */
  slice(): Float32Array | Uint16Array {
    return this.data.slice();
  }

  /** Frees the memory. A second call does nothing. */
  dispose(): void {
    const block = this.#block;
    if (!block) return;
    this.#block = this.#view = undefined;
    if (block.bytes) {
      abandoned().unregister(block);
      free(block.heap, block.address, block.bytes);
    }
  }
}
