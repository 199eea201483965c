// What operands know of tensors. Their class is not named here, so that it is only in the bundles of those who make one.

import type { Engine } from "../engine/engine.js";

/** A tensor as calls see it: nobody outside can change it. */
export class Resident {
  // what is internal is in no declaration: those of engines need the types of the DOM
  /** @internal */
  readonly engine: Engine;

  /**
   * @internal
   * @param storage One of the STORAGE constants.
   * @param address Of its elements, 0 for none of them; undefined when disposed of.
   */
  constructor(
    engine: Engine,
    readonly shape: readonly number[],
    readonly size: number,
    readonly storage: number,
    public address: number | undefined,
  ) {
    this.engine = engine;
  }
}

/** Under this, a tensor has itself, and the subarray() of a view of its data has the tensor. */
export const OWNER: unique symbol = /* @__PURE__ */ Symbol();

interface Owned<T> {
  readonly [OWNER]?: T;
  readonly subarray?: { readonly [OWNER]?: T };
}

/** A tensor itself, or the one whose data an array is: as long as the array is in use, so is that. */
export const ownerOf = <T extends { readonly resident: Resident }>(value: object): T | undefined =>
  ArrayBuffer.isView(value)
    ? Object.hasOwn(value, "subarray")
      ? (value as Owned<T>).subarray?.[OWNER]
      : undefined
    : (value as Owned<T>)[OWNER];

/** @internal What a view of kernel memory shows that somebody made from the buffer. */
type Finder = (own: Engine, start: number, end: number) => Resident;
/** Makes a Tensor on the engine that calls go to. Its memory is not cleared. */
type Maker = (shape: readonly number[], size: number, storage: number) => object;

/** @internal Nobody has the buffer before there is a tensor. */
export let residentAt: Finder;
/** Only where there is a tensor that the new one is like. */
export let makeTensor: Maker;

/** @internal What the class of tensors knows. Called with every tensor, since bundlers keep what is called once. */
export function provide(finder: Finder, maker: Maker): void {
  residentAt = finder;
  makeTensor = maker;
}
