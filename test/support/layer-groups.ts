/** The layers: what each normalizes together, and which weight an element has, by the shape of the tensor. */

import { axesBut, type Group, groupsOf, indexOf, positionOf, sizeOf } from "../oracle/walk.js";

export interface LayerGroups {
  readonly name: string;
  /** Whether the mean is subtracted. */
  readonly centred: boolean;
  readonly groups: (shape: readonly number[]) => readonly Group[];
  /** How many weights there are, and the one of an element. */
  readonly weights: (shape: readonly number[]) => number;
  readonly weightOf: (shape: readonly number[], index: readonly number[]) => number;
}

/** A weight for each channel. */
function byChannel(name: string, axis: number, groups: LayerGroups["groups"]): LayerGroups {
  return {
    name: axis === 1 ? name : `${name}, ${axis === -1 ? "channels last" : `channels in axis ${axis}`}`,
    centred: true,
    groups,
    weights: (shape) => shape.at(axis) as number,
    weightOf: (_, index) => index.at(axis) as number,
  };
}

export const ofBatch = (axis = 1): LayerGroups =>
  byChannel("batch norm", axis, (shape) => groupsOf(shape, axesBut(shape, axis)));

export const ofInstance = (axis = 1): LayerGroups =>
  byChannel("instance norm", axis, (shape) => groupsOf(shape, axesBut(shape, 0, axis)));

export const ofGroups = (groups: number, axis = 1): LayerGroups =>
  byChannel(`group norm with ${groups} groups`, axis, (shape) => {
    const channel = axis < 0 ? axis + shape.length : axis;
    const split = [...shape.slice(0, channel), groups, shape[channel] / groups, ...shape.slice(channel + 1)];
    return groupsOf(split, axesBut(split, 0, channel));
  });

export const ofLast = (axes: number, centred = true): LayerGroups => ({
  name: `${centred ? "layer" : "RMS"} norm of the last ${axes}`,
  centred,
  groups: (shape) => groupsOf(shape, [...shape.keys()].slice(-axes)),
  weights: (shape) => sizeOf(shape.slice(-axes)),
  weightOf: (shape, index) => positionOf(shape.slice(-axes), index.slice(-axes)),
});

/** The weight of the element at a position, where there is one for each index of some axes. */
export function weightsOf(shape: readonly number[], axes: readonly number[]): (position: number) => number {
  const lengths = axes.map((axis) => shape[axis]);
  return (position) => {
    const index = indexOf(shape, position);
    return positionOf(
      lengths,
      axes.map((axis) => index[axis]),
    );
  };
}
