/** The layers as the package is called for them, with the groups that each has. */

import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from "../../src/index.js";
import type { TensorLike } from "../../src/tensor/forms.js";
import type { Result } from "./compare.js";
import { type LayerGroups, ofBatch, ofGroups, ofInstance, ofLast } from "./layer-groups.js";

export interface Layer extends LayerGroups {
  readonly call: (x: TensorLike, options: object) => Result;
}

export const batch: Layer = { ...ofBatch(), call: (x, options) => batchNorm(x, options) };
export const channelsLast: Layer = { ...ofBatch(-1), call: (x, options) => batchNorm(x, { ...options, axis: -1 }) };
export const instance: Layer = { ...ofInstance(), call: (x, options) => instanceNorm(x, options) };
export const inGroups = (groups: number): Layer => ({
  ...ofGroups(groups),
  call: (x, options) => groupNorm(x, { ...options, groups }),
});
export const layer = (axes: number, centred: boolean): Layer => ({
  ...ofLast(axes, centred),
  call: (x, options) => (centred ? layerNorm : rmsNorm)(x, { ...options, axis: -axes }),
});
