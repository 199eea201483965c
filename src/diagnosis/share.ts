// What one of those who diagnose a tensor together has of it.

import type { Walk } from "../plan/walk.js";
import { Operand, part as partOfArray } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import { ALONE, type Company } from "./company.js";
import { partsFor, partsOf, type Range, rangeOf, walkOver } from "./division.js";

/** A part of a share: its place in the share, and its number among all groups. */
export interface Part extends Range {
  readonly walk: Walk;
  /** Its first group, in the share and in the tensor. */
  readonly group: number;
  readonly number: number;
  /** Its first element in the share. */
  readonly element: number;
}

export class Share {
  /** Of the share, as a tensor of its own. */
  readonly walk: Walk;
  readonly parts: readonly Part[];
  private readonly range: Range;

  /** @param all The walk of the whole tensor. */
  constructor(
    readonly all: Walk,
    readonly company: Company = ALONE,
  ) {
    const ranges = all.elements ? partsFor(partsOf(all), company.rank, company.size) : [];
    this.range = ranges.length ? rangeOf(ranges) : { first: 0, length: all.whole };
    this.walk = walkOver(all, this.range);
    const groups = all.groups / all.whole;
    this.parts = ranges.map((range) => {
      const { first, length } = range;
      const own = first - this.range.first;
      const walk = walkOver(all, range);
      return { first: own, length, walk, group: own * groups, number: first * groups, element: own * this.inner };
    });
  }

  /** Whether it is all of the tensor, in one part. */
  get isWhole(): boolean {
    return this.company.size === 1 && this.parts.length === 1;
  }

  /** Elements side by side of one step of the split dimension. */
  private get inner(): number {
    const { elements, whole, outer } = this.all;
    return elements / whole / outer;
  }

  /** The row-major index in the tensor of what has another one in the share. */
  elementOf(index: number): number {
    const segment = this.range.length * this.inner;
    const at = index % segment;
    return ((index - at) / segment) * this.all.whole * this.inner + this.range.first * this.inner + at;
  }

  /** Of a weight or a bias, what the share has. */
  weightsOf(o: Operand | undefined): Operand | undefined {
    const { step } = this.all;
    return step ? this.stretchOf(o, this.range.first * step, this.range.length * step) : o;
  }

  /** Of what has one number for each group. */
  ofGroups(o: Operand | undefined): Operand | undefined {
    const groups = this.all.groups / this.all.whole;
    return this.stretchOf(o, this.range.first * groups, this.range.length * groups);
  }

  private stretchOf(o: Operand | undefined, first: number, n: number): Operand | undefined {
    if (!o || n === o.size) return o;
    const { array, address, storage } = o;
    const own = array && partOfArray(o, first, n);
    return new Operand(own, array ? 0 : address + first * bytesOf(storage), [n], n, storage);
  }
}
