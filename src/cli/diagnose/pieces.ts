// Which pieces of one tensor threads diagnose together.

import { partsFor, partsOf, type Range, rangeOf, walkOver } from "../../diagnosis/division.js";
import { type Grouping, groupingAxes, walkOf } from "../../diagnosis/grouping.js";
import type { Walk } from "../../plan/walk.js";
import type { StoredTensor } from "../files/stored-tensor.js";
import type { Piece } from "../workers/task.js";

/** Elements from which on it is worth it. */
const WORTHWHILE = 2 ** 19;

const walkOfTensor = (shape: readonly number[], grouping: Grouping): Walk =>
  walkOf(groupingAxes({ shape }, grouping), false);

/** Into how many pieces a tensor can be cut; 1 for what is one group, or small, or cannot be grouped so. */
export function piecesOf({ shape, size }: StoredTensor, grouping: Grouping): number {
  if (size < WORTHWHILE) return 1;
  try {
    return partsOf(walkOfTensor(shape, grouping)).length;
  } catch {
    return 1; // whoever diagnoses it says why
  }
}

/** Some groups of a tensor, neighbours: a tensor of its own. */
export interface OwnPiece extends Piece {
  /** What a group extends over. */
  readonly axes: readonly number[];
  /** Number of the first group in the whole tensor, and how many they are. */
  readonly group: number;
  readonly groups: number;
}

/** The piece of one of a company. */
export function pieceOf(shape: readonly number[], grouping: Grouping, rank: number, size: number): OwnPiece {
  const walk = walkOfTensor(shape, grouping);
  const range: Range = rangeOf(partsFor(partsOf(walk), rank, size));
  const own = walkOver(walk, range);
  const period = walk.elements / walk.outer;
  const inner = period / walk.whole;
  return {
    shape: own.sizes,
    axes: [...own.kept.keys()].filter((axis) => !own.kept[axis]),
    first: range.first * inner,
    length: range.length * inner,
    period,
    group: (walk.groups / walk.whole) * range.first,
    groups: own.groups,
  };
}
