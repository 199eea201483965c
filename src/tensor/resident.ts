// What operands know of tensors. Their class is not named here, so that it is only in the bundles of those who make one.

import type { Engine } from "../engine/engine.js";

/** A tensor as calls see it: nobody outside can change it. */
export class Resident {
  // what is internal is in no declaration: those of engines need the types of the DOM
  /** @internal */
  readonly engine: Engine;
  /** @internal Whether its memory is freed when the tensor is dropped. */
  watched = false;

  /**
   * @internal
   * @param shape A copy of that of the tensor, which is frozen: looking at that takes longer.
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

/** Under this, the subarray() of a view of the data of a tensor has the tensor. */
export const OWNER: unique symbol = /* @__PURE__ */ Symbol();

/** The tensor whose data an array is: as long as the array is in use, so is that. */
export const ownerOf = <T extends { readonly resident: Resident }>(array: object): T | undefined =>
  Object.hasOwn(array, "subarray")
    ? (array as { readonly subarray?: { readonly [OWNER]?: T } }).subarray?.[OWNER]
    : undefined;

/** What is a tensor, and nothing that only looks like one. */
type Looker = (value: object) => Resident | undefined;
/** @internal What a view of kernel memory shows that somebody made from the buffer. */
type Finder = (own: Engine, start: number, end: number) => Resident;
/** Makes a Tensor on the engine that calls go to. Its memory is not cleared. */
type Maker = (shape: readonly number[], size: number, storage: number, frozen?: readonly number[]) => object;

/** @internal Of a tensor; undefined for anything else. */
export let residentOf: Looker = () => undefined;
/** @internal Nobody has the buffer before there is a tensor. */
export let residentAt: Finder;
/** Only where there is a tensor that the new one is like. */
export let makeTensor: Maker;

/** @internal What the class of tensors knows. Called with every tensor, since bundlers keep what is called once. */
export function provide(looker: Looker, finder: Finder, maker: Maker): void {
  residentOf = looker;
  residentAt = finder;
  makeTensor = maker;
}
