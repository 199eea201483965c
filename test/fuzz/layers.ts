/** The layers by their names: which axes are a group and which have weights, for any axis of any shape. */

import { axesBut } from "../oracle/walk.js";

interface Plan {
  /** What says so, beside the axis. */
  readonly options: object;
  /** The shape, with the groups of channels as an axis of their own. */
  readonly split: readonly number[];
  readonly reduced: readonly number[];
  /** Axes of weight and bias, or of the gains. */
  readonly weighted: readonly number[];
}

export interface Layer {
  /** Undefined where the axis cannot be that one. */
  plan(shape: readonly number[], axis: number, which: number): Plan | undefined;
  readonly centred: boolean;
  /** Multiplied by gains, or by nothing, without eps: norms of vectors. */
  readonly vector?: "gains" | "nothing";
}

const last = (centred: boolean): Layer => ({
  plan: (shape, axis) => {
    const axes = [...shape.keys()].slice(axis);
    return { options: {}, split: shape, reduced: axes, weighted: axes };
  },
  centred,
});

const byChannel = (samples: boolean): Layer => ({
  plan: (shape, axis) =>
    samples && axis === 0
      ? undefined
      : { options: {}, split: shape, reduced: axesBut(shape, axis, samples ? 0 : axis), weighted: [axis] },
  centred: true,
});

const gained: Layer = {
  plan: (shape, axis) => ({ options: {}, split: shape, reduced: axesBut(shape, axis), weighted: [axis] }),
  centred: false,
  vector: "gains",
};

const inGroups: Layer = {
  plan: (shape, axis, which) => {
    if (axis === 0) return undefined;
    const channels = shape[axis];
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((i) => channels % i === 0);
    const groups = divisors[which % divisors.length] ?? 1;
    const split = [...shape.slice(0, axis), groups, channels / groups, ...shape.slice(axis + 1)];
    return { options: { groups }, split, reduced: axesBut(split, 0, axis), weighted: [axis, axis + 1] };
  },
  centred: true,
};

export const LAYERS = {
  layerNorm: last(true),
  rmsNorm: last(false),
  batchNorm: byChannel(false),
  instanceNorm: byChannel(true),
  groupNorm: inGroups,
  weightNorm: gained,
  boundedWeightNorm: gained,
  lpNormalize: {
    plan: (shape, axis) => ({ options: {}, split: shape, reduced: [axis], weighted: [] }),
    centred: false,
    vector: "nothing",
  },
} satisfies Record<string, Layer>;

export type LayerName = keyof typeof LAYERS;
