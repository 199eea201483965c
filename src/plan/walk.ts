// The walk of a kernel over a shape.

/** Merged dimensions of a contiguous, row-major tensor, outermost first; there is at least one. */
export interface Walk {
  readonly sizes: number[];
  /** Whether the dimension tells groups apart; otherwise it is reduced. */
  readonly kept: boolean[];
  /** Steps of the weight along the dimension; 0 where the weight stays. */
  readonly weights: number[];
  readonly elements: number;
  readonly groups: number;
  /** Elements of a group. */
  readonly count: number;
  /**
   * The outermost kept dimension, or behind the last for none: a range of it is a tensor of its own, made of `outer` contiguous
   * segments, with its groups side by side in the results.
   */
  readonly split: number;
  /** Its length, 1 for none, and its step in the weight, 0 for none. */
  readonly whole: number;
  readonly step: number;
  /** Product of the dimensions before `split`, which are reduced. */
  readonly outer: number;
}

/**
 * @param shape Dimensions of the tensor.
 * @param reduced Set of axes, as bits, that a group extends over.
 * @param weighted Set of axes, as bits, that the weight has an element for: it is row-major over them.
 */
export function planWalk(shape: readonly number[], reduced: number, weighted: number): Walk {
  const sizes: number[] = [];
  const kept: boolean[] = [];
  const weights: number[] = [];
  let step = 1;
  let groups = 1;
  let count = 1;
  for (let i = 0; i < shape.length; i++) if ((weighted >> i) & 1) step *= shape[i];
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    const keeps = !((reduced >> i) & 1);
    if (keeps) groups *= size;
    else count *= size;
    let weight = 0;
    if ((weighted >> i) & 1) weight = step /= size;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && kept[last] === keeps && weights[last] === weight * size) {
      sizes[last] *= size;
      weights[last] = weight;
    } else {
      sizes.push(size);
      kept.push(keeps);
      weights.push(weight);
    }
  }
  if (!sizes.length) {
    sizes.push(1);
    kept.push(false);
    weights.push(0);
  }
  // at most one dimension is before it, unless weights keep reduced ones apart
  let split = 0;
  let outer = 1;
  while (split < sizes.length && !kept[split]) outer *= sizes[split++];
  const whole = sizes[split] ?? 1;
  return {
    sizes,
    kept,
    weights,
    elements: groups * count,
    groups,
    count,
    split,
    whole,
    step: weights[split] ?? 0,
    outer,
  };
}
