// The largest of magnitudes that stand side by side, to the front. Magnitudes are the bits of floats without their sign, which
// order like integers; NaN is the greatest.

/** The least of the magnitudes in [p, end). */
export function leastOf<T extends number>(p: usize, end: usize): T {
  let least = load<T>(p);
  for (; p < end; p += sizeof<T>()) least = min<T>(least, load<T>(p));
  return least;
}

/**
 * Partitions the magnitudes in [first, end) so that the largest stand before `kept`.
 *
 * Quickselect whose pivot is the middle of the range of values left, so that as many rounds as they have bits are enough
 * whatever the data.
 */
export function largestFirst<T extends number>(first: usize, end: usize, kept: usize): void {
  while (end - first > sizeof<T>()) {
    let low = load<T>(first);
    let high = low;
    for (let p = first; p < end; p += sizeof<T>()) {
      const x = load<T>(p);
      low = min<T>(low, x);
      high = max<T>(high, x);
    }
    if (low == high) return;
    const pivot = low + ((high - low) >> 1);
    // what is above the pivot to the front
    let to = first;
    for (let p = first; p < end; p += sizeof<T>()) {
      const x = load<T>(p);
      store<T>(p, load<T>(to));
      store<T>(to, x);
      to += x > pivot ? sizeof<T>() : 0;
    }
    if (to == kept) return;
    if (to > kept) end = to;
    else first = to;
  }
}
