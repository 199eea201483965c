/** Groups of a tensor by brute force: every element's multi-index is written out, nothing is clever about strides. */

export interface Group {
  /** The multi-index of the group in the kept axes. */
  readonly kept: readonly number[];
  /** Positions of its elements in the row-major data, in row-major order of the reduced axes. */
  readonly elements: readonly number[];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** All axes but some, which may be negative. */
export function axesBut(shape: readonly number[], ...axes: number[]): number[] {
  const others = plainAxes(shape.length, axes);
  return shapeAxes(shape.length).filter((axis) => !others.includes(axis));
}

/** All multi-indices of a shape in row-major order. */
function indices(shape: readonly number[]): number[][] {
  let list: number[][] = [[]];
  for (const length of shape) {
    list = list.flatMap((head) => Array.from({ length }, (_, i) => [...head, i]));
  }
  return list;
}

/** The multi-index of a position in row-major data. */
export function indexOf(shape: readonly number[], position: number): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    const length = shape[axis];
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** The position of a multi-index in row-major data. */
export function positionOf(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((position, i, axis) => position * shape[axis] + i, 0);
}

/** Axes from 0 up; absent means all of them. */
function plainAxes(rank: number, axes?: readonly number[]): number[] {
  return (axes ?? shapeAxes(rank)).map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}

function shapeAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

const known = new Map<string, readonly Group[]>();

/** The groups in row-major order of the kept axes. A shape with a zero in a kept axis has none. */
export function groupsOf(shape: readonly number[], axes?: readonly number[]): readonly Group[] {
  const key = `${shape} over ${axes}`;
  let groups = known.get(key);
  if (!groups) {
    groups = findGroups(shape, axes);
    known.set(key, groups);
  }
  return groups;
}

function findGroups(shape: readonly number[], axes?: readonly number[]): Group[] {
  const reduced = plainAxes(shape.length, axes);
  const kept = axesBut(shape, ...reduced);
  const keptShape = kept.map((axis) => shape[axis]);
  const groups = indices(keptShape).map((index) => ({ kept: index, elements: [] as number[] }));
  const total = sizeOf(shape);
  for (let position = 0; position < total; position++) {
    const index = indexOf(shape, position);
    const group = positionOf(
      keptShape,
      kept.map((axis) => index[axis]),
    );
    groups[group]?.elements.push(position);
  }
  return groups;
}

/** The shape of the statistics. */
export function reducedShape(shape: readonly number[], axes?: readonly number[], keepDims = false): number[] {
  const reduced = plainAxes(shape.length, axes);
  if (keepDims) return shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !reduced.includes(axis));
}
