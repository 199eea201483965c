// Typed arrays as they are. A class of the caller's own may have another length, tag, set(), subarray() or species: none
// of them is asked for.

/**
 * A getter that all typed arrays share, to be called on one: it looks at what only they have, in whichever realm they
 * were made.
 */
function getter<T>(key: PropertyKey): (this: unknown) => T {
  const { prototype } = Object.getPrototypeOf(Uint16Array);
  return (Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor).get as () => T;
}

/** The class of a typed array; undefined for anything else. */
export const getTag = /* @__PURE__ */ getter<string | undefined>(Symbol.toStringTag);
export const getBuffer = /* @__PURE__ */ getter<ArrayBuffer>("buffer");
export const getOffset = /* @__PURE__ */ getter<number>("byteOffset");
export const getLength = /* @__PURE__ */ getter<number>("length");

/** Whether an array that seems to be empty has lost its memory: its buffer is detached, or has shrunk. */
export function isCutOff(array: object): boolean {
  try {
    // all methods look at this first
    Uint16Array.prototype.at.call(array as Uint16Array, 0);
    return false;
  } catch {
    return true;
  }
}

/** Copies elements into an array. */
export function put(to: Float32Array | Uint16Array, from: Float32Array | Uint16Array, at?: number): void {
  Uint16Array.prototype.set.call(to as Uint16Array, from, at);
}
