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

/** What is asked of an array most often. */
class Look {
  constructor(
    readonly array: object,
    readonly tag: string,
    readonly buffer: ArrayBufferLike,
    readonly start: number,
    readonly size: number,
  ) {}
}

/** Of the last few arrays, in small buffers: they are kept alive. */
const looks: Look[] = [];
const MOST = 4;
const MOST_BYTES = 0x10000;
let oldest = 0;

/**
 * What there is of a typed array, undefined for anything else. A model that decodes gives the same few arrays with every token:
 * asking for a buffer is a call out of compiled code, and three of them are a fifth of what a short row takes. An array that
 * has its length still has its memory, and that where it was.
 */
export function lookAt(array: unknown): Look | undefined {
  for (let i = 0; i < looks.length; i++) {
    const look = looks[i];
    if (look.array === array && look.size === getLength.call(array)) return look;
  }
  const tag = getTag.call(array);
  if (!tag) return undefined;
  const buffer = getBuffer.call(array);
  const look = new Look(array as object, tag, buffer, getOffset.call(array), getLength.call(array));
  if (look.size && buffer.byteLength <= MOST_BYTES) {
    looks[oldest] = look;
    oldest = (oldest + 1) % MOST;
  }
  return look;
}

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
