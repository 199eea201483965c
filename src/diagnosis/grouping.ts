// What a group of a tensor is, from what a call says of it.

import { checkAxes, choose } from "../checks/arguments.js";
import { batchAxes, groupAxes, instanceAxes, type LayerAxes, lastAxes } from "../layers/axes.js";
import { planWalk, type Walk } from "../plan/walk.js";
import type { LayerName } from "./result.js";

/** What a call says of the groups. */
export interface Grouping {
  readonly layer?: LayerName | undefined;
  readonly axis?: number | undefined;
  readonly groups?: number | undefined;
  readonly axes?: number | readonly number[] | undefined;
}

interface Shaped {
  readonly shape: readonly number[];
}

const LAYERS: Record<LayerName, (x: Shaped, o: Grouping) => LayerAxes> = {
  batch: (x, { axis }) => batchAxes(x, axis),
  layer: (x, { axis }) => lastAxes(x, axis),
  instance: (x, { axis }) => instanceAxes(x, axis),
  group: (x, { axis, groups }) => groupAxes(x, axis, groups as number),
  rms: (x, { axis }) => lastAxes(x, axis),
};

export function groupingAxes(x: Shaped, o: Grouping): LayerAxes {
  const { layer } = o;
  if (layer === undefined)
    return { shape: x.shape, reduced: checkAxes(o.axes, x.shape.length), weighted: 0, parameters: 0 };
  const axesOf = choose("layer", LAYERS, layer);
  if (o.groups !== undefined && layer !== "group")
    throw new TypeError('"groups" can only be given with "layer" "group"');
  return axesOf(x, o);
}

/** @param isWeighted Whether there are weights or biases: without them, more axes are one. */
export const walkOf = ({ shape, reduced, weighted }: LayerAxes, isWeighted: boolean): Walk =>
  planWalk(shape, reduced, isWeighted ? weighted : 0);
