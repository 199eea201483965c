/** Tensors in every form that a caller may have them in, and whether anything was written beside them. */

import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { load, type Tensor, type TensorLike, tensor } from "../../src/index.js";
import { any } from "../support/refuses.js";

type Bits = Float32Array | Uint16Array;

export interface Held {
  readonly x: TensorLike;
  /** Whether results of it are tensors. */
  readonly resident: boolean;
  /** A copy of what it holds now. */
  read(): Bits;
  /** Fails where something beside it was written to. */
  check(): void;
  dispose(): void;
}

const other = await load();
const GUARD = 77;

class Own32 extends Float32Array {
  override subarray(): never {
    throw new Error("the caller's own");
  }
}
class Own16 extends Uint16Array {
  override get length(): number {
    return 1;
  }
}

const plain = (data: Bits, x: TensorLike, read = () => data.slice()): Held => ({
  x,
  resident: false,
  read,
  check() {},
  dispose() {},
});

function around(bits: Bits, shape: readonly number[], buffer: (bytes: number) => ArrayBufferLike): Held {
  const before = 3;
  const Kind = any(bits.constructor);
  const whole: Bits = new Kind(buffer((bits.length + before + 5) * bits.BYTES_PER_ELEMENT)).fill(GUARD);
  const data = whole.subarray(before, before + bits.length);
  data.set(bits);
  const check = () => {
    const beside = [...whole.subarray(0, before), ...whole.subarray(before + bits.length)];
    expect(beside.every((value) => value === GUARD)).toBe(true);
  };
  // not by slice(), which gives shared memory again
  return { ...plain(data, { data: any(data), shape }, () => Kind.from(data)), check };
}

const made = (t: Tensor, resident: boolean, x: () => TensorLike): Held => ({
  get x() {
    return x();
  },
  resident,
  read: () => t.slice(),
  check() {},
  dispose: () => t.dispose(),
});

const typeOf = (bits: Bits): string => (bits instanceof Uint16Array ? "float16" : "float32");

export const FORMS: Record<string, (bits: Bits, shape: readonly number[]) => Held> = {
  plain: (bits, shape) => plain(bits, { data: any(bits), shape: Object.freeze([...shape]) }),
  onnxruntime: (bits, shape) => plain(bits, any({ data: bits, dims: shape, type: typeOf(bits) })),
  "a part of a buffer": (bits, shape) => around(bits, shape, (bytes) => new ArrayBuffer(bytes)),
  "shared memory": (bits, shape) => around(bits, shape, (bytes) => new SharedArrayBuffer(bytes)),
  "memory that may grow": (bits, shape) =>
    around(bits, shape, (bytes) => new (any(ArrayBuffer))(bytes, { maxByteLength: 2 * bytes })),
  "a class of one's own": (bits, shape) => {
    const data = bits instanceof Uint16Array ? new Own16(bits) : new Own32(bits);
    return plain(bits, { data: any(data), shape }, () =>
      any(bits.constructor).from({ length: bits.length }, (_: 0, i: number) => data[i]),
    );
  },
  "another realm": (bits, shape) => {
    const data = runInNewContext(`${bits.constructor.name}.from(values)`, { values: [...bits] });
    return plain(data, { data, shape }, () => any(bits.constructor).from(data));
  },
  resident: (bits, shape) => {
    const t = tensor(any(bits), shape);
    return made(t, true, () => t);
  },
  "a view of a resident one": (bits, shape) => {
    const t = tensor(any(bits), shape);
    return made(t, false, () => ({ data: t.data, shape }));
  },
  "of another instance": (bits, shape) => {
    const t = other.tensor(any(bits), shape);
    return made(t, false, () => t);
  },
};
