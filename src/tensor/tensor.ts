// The class of resident tensors, and how their memory comes back: by dispose(), and when they are dropped.

import { type Engine, engine } from "../engine/engine.js";
import { allocate, covered, free, type Heap } from "../engine/heap.js";
import { registryOf } from "./registry.js";
import { OWNER, provide, Resident } from "./resident.js";
import { arrayOf, bytesOf, type DType, dtypeOf } from "./storage.js";

/** The least of memory that tensors hold when the garbage collector is told of it. */
const FEW = 16_777_216;

/** What the collector is told with. */
const MANY = 67_108_864;

/**
 * Lets the garbage collector look for tensors that were forgotten. All it sees of a tensor is a small object: it would not
 * come for a long time. What it counts is memory of arrays, so it gets some, at once to be thrown away. When it has come,
 * the next turn of the event loop frees the tensors. It comes by steps, and each call of this is one: on a busy machine it
 * takes several.
 */
function press(heap: Heap): void {
  heap.alarm = 1.25 * heap.used;
  try {
    // in a sum, or bundlers would leave it out
    heap.alarm += new ArrayBuffer(MANY).byteLength - MANY;
  } catch {
    // there is none left
  }
}

let registry: FinalizationRegistry<Resident> | undefined;

function release(resident: Resident): void {
  const { address, engine: own, size, storage } = resident;
  resident.address = undefined;
  if (address) free(own.heap, address, size * bytesOf(storage));
}

/** Frees the memory of tensors that were dropped without dispose(). */
function abandoned(): FinalizationRegistry<Resident> {
  registry ??= registryOf((resident) => {
    release(resident);
    resident.engine.heap.alarm = 2 * resident.engine.heap.used;
  });
  return registry;
}

/** At most so many tensors wait. */
const MOST_WAITING = 1024;

/** Tensors that were made since the collector last had the chance to find one. */
let waiting: Tensor[] = [];

/**
 * Has a tensor looked after when it is dropped: not at once, since it takes as long as a small kernel, and many are disposed
 * of before the turn of the event loop ends, within which nothing is freed that was dropped.
 */
function watch(made: Tensor): void {
  if (waiting.push(made) === 1) Promise.resolve().then(register);
  if (waiting.length === MOST_WAITING) register();
}

function register(): void {
  const all = waiting;
  waiting = [];
  for (const tensor of all) {
    const { resident } = tensor;
    if (resident.address === undefined) continue;
    abandoned().register(tensor, resident, resident);
    resident.watched = true;
  }
}

/** Memory of a tensor. */
function obtain(heap: Heap, bytes: number): number {
  if (heap.used > Math.max(FEW, heap.alarm ?? 0)) press(heap);
  try {
    return allocate(heap, bytes);
  } catch (error) {
    press(heap);
    (error as Error).message +=
      `; ${heap.blocks} tensors hold ${heap.used}: dispose() of those that are not needed, or use tidy(). Forgotten ones ` +
      "are freed by the garbage collector between two turns of the event loop, never in a loop without await";
    throw error;
  }
}

/** The tensors that each tidy() has to look after, the innermost last. */
export const scopes: Set<Tensor>[] = [];

type View = Float32Array | Uint16Array;

/**
 * A view that keeps its tensor alive, as a part of it does. One property, and none that is enumerable: each takes 0.4 µs,
 * which is much beside a small call.
 */
function keep(view: View, owner: Tensor): View {
  function value(this: View, from?: number, to?: number): View {
    return keep(Uint16Array.prototype.subarray.call(this as Uint16Array, from, to) as View, owner);
  }
  value[OWNER] = owner;
  return Object.defineProperty(view, "subarray", { value, writable: true, configurable: true });
}

/** Of live tensors, or of others. */
const residentBetween = (own: Engine, start: number, end: number): Resident =>
  new Resident(own, [], 0, 0, covered(own.heap, start, end) ? start : undefined);

/**
 * A tensor in kernel memory: calls on it copy nothing. Made by `tensor()`, `empty()` and by every function that is
 * given one. Free it with `dispose()`, `using` or `tidy()`; one that is merely dropped is freed when the garbage
 * collector gets to it, which it only does between two turns of the event loop.
 */
export class Tensor {
  /** dispose(), for `using`; there only when the engine knows the symbol. */
  declare [Symbol.dispose]: () => void;

  /** One length for each dimension. */
  readonly shape: readonly number[];
  /** How the elements are stored. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  // private to the class, so that printing a tensor does not print its engine
  readonly #resident: Resident;
  #view: View | undefined;
  #scope: Set<Tensor> | undefined;

  private constructor(resident: Resident, shape: readonly number[]) {
    if (!(resident instanceof Resident)) throw new TypeError('a "Tensor" is made by tensor() or empty(), not by new');
    this.#resident = resident;
    this.shape = shape;
    this.dtype = dtypeOf(resident.storage);
    this.size = resident.size;
  }

  /** @internal See resident.ts. */
  static residentOf(value: object): Resident | undefined {
    return #resident in value ? value.#resident : undefined;
  }

  /** @internal See resident.ts. */
  static make(shape: readonly number[], size: number, storage: number, frozen = Object.freeze(shape.slice())): Tensor {
    // here and not in the body of the class, for which bundlers would have to keep it
    if (Symbol.dispose) Tensor.prototype[Symbol.dispose] ??= Tensor.prototype.dispose;
    provide(Tensor.residentOf, residentBetween, Tensor.make);
    const own = engine();
    const bytes = size * bytesOf(storage);
    const address = bytes && obtain(own.heap, bytes);
    const resident = new Resident(own, shape, size, storage, address);
    const made = new Tensor(resident, frozen);
    if (bytes) watch(made);
    if (scopes.length) made.moveTo(scopes[scopes.length - 1]);
    return made;
  }

  /** @internal Of the elements, 0 for none of them; undefined when disposed of. */
  get address(): number | undefined {
    return this.#resident.address;
  }

  /** @internal To another scope, or to none. */
  moveTo(scope: Set<Tensor> | undefined): void {
    this.#scope?.delete(this);
    this.#scope = scope;
    scope?.add(this);
  }

  /** @internal */
  get resident(): Resident {
    return this.#resident;
  }

  /**
   * A live view of the elements, row-major; float16 as bits. Ask for it again after other calls: a view is cut off
   * when memory grows.
   *
   * @throws {TypeError} when disposed of.
   */
  get data(): View {
    const { address, engine: own, size, storage } = Tensor.#live(this, "data");
    const { buffer } = own.heap;
    if (this.#view?.buffer !== buffer) {
      this.#view = keep(new (arrayOf(storage))(buffer as ArrayBuffer, address, size), this);
    }
    return this.#view as View;
  }

  static #live(tensor: Tensor, name: string): Resident & { address: number } {
    if (!(#resident in tensor)) {
      throw new TypeError(`"${name}" is to be had of a Tensor itself, not of a proxy or an heir`);
    }
    const resident = tensor.#resident;
    if (resident.address === undefined) throw new TypeError("the tensor is disposed of");
    return resident as Resident & { address: number };
  }

  /** Whether dispose() was called. */
  get disposed(): boolean {
    return this.#resident.address === undefined;
  }

  /**
   * A copy of the elements that outlives the tensor, row-major; float16 as bits.
   *
   * @throws {TypeError} when disposed of.
   */
  slice(): View {
    const { address, engine: own, size, storage } = Tensor.#live(this, "slice");
    const first = address / bytesOf(storage);
    return (storage ? own.heap.u16 : own.heap.f32).slice(first, first + size);
  }

  /** Frees the memory. A second call does nothing. */
  dispose(): void {
    if (this.#resident.watched) abandoned().unregister(this.#resident);
    this.#view = undefined;
    release(this.#resident);
    this.moveTo(undefined);
  }
}
