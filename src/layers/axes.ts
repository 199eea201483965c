// Which axes the layers extend over.

import { checkAxis, checkInteger, wrong } from "../checks/arguments.js";
import { sizeOf } from "../tensor/shape.js";

/** Whatever has a shape. */
interface Shaped {
  readonly shape: readonly number[];
}

/** What a layer normalizes over. */
export interface LayerAxes {
  /** Dimensions of x, which may be split further than its own. */
  readonly shape: readonly number[];
  /** Set of axes, as bits, that a group extends over. */
  readonly reduced: number;
  /** Set of axes, as bits, that weight and bias extend over. */
  readonly weighted: number;
  /** Elements of weight and bias. */
  readonly parameters: number;
}

/** Of batch norm: all but the channels. (batchNorm has it in its own words, which take less room in a bundle.) */
export function batchAxes({ shape }: Shaped, axis: number | undefined): LayerAxes {
  const channel = checkAxis("axis", axis, shape.length, 1);
  const weighted = 1 << channel;
  return { shape, reduced: ((1 << shape.length) - 1) ^ weighted, weighted, parameters: shape[channel] };
}

/** Of layer and RMS norm: from one axis to the last. */
export function lastAxes({ shape }: Shaped, axis: number | undefined): LayerAxes {
  const first = checkAxis("axis", axis, shape.length, -1);
  const last = ((1 << shape.length) - 1) & -(1 << first);
  return { shape, reduced: last, weighted: last, parameters: sizeOf(shape, first) };
}

function channelAxis({ shape }: Shaped, axis: number | undefined): number {
  if (shape.length < 2) throw wrong("x", "of shape [N, C, ...], with a batch and channels", shape, "object");
  const channel = checkAxis("axis", axis, shape.length, 1);
  if (!channel) throw wrong("axis", "another one than the batch axis", axis, "number");
  return channel;
}

/** Of instance norm: all but batch and channels. */
export function instanceAxes(x: Shaped, axis: number | undefined): LayerAxes {
  const { shape } = x;
  const channel = channelAxis(x, axis);
  const weighted = 1 << channel;
  return { shape, reduced: ((1 << shape.length) - 1) ^ weighted ^ 1, weighted, parameters: shape[channel] };
}

/** Of group norm: all but the batch and the groups of channels, which become an axis of their own. */
export function groupAxes(x: Shaped, axis: number | undefined, groups: number): LayerAxes {
  const { shape } = x;
  const channel = channelAxis(x, axis);
  const channels = shape[channel];
  checkInteger("groups", groups, 1, Math.max(channels, 1));
  if (channels % groups) throw wrong("groups", `a divisor of the ${channels} channels`, groups, "number");
  const split = [...shape.slice(0, channel), groups, channels / groups, ...shape.slice(channel + 1)];
  const reduced = ((1 << split.length) - 1) ^ (1 << channel) ^ 1;
  return { shape: split, reduced, weighted: 3 << channel, parameters: channels };
}
