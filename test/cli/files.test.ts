/** Tensor files that are right: those in samples/, those that NumPy wrote, and long ones. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ELEMENT_BYTES } from "../../src/cli/files/elements.js";
import type { StoredTensor } from "../../src/cli/files/stored-tensor.js";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { numbers } from "../support/compare.js";
import { gaussian } from "../support/random.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, zipBytes } from "../support/tensor-files.js";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tensors/${name}`, import.meta.url));
const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
const { write } = temporaryFolder();

/** The array of most fixtures, row-major (fixtures/tensors/make.py). */
const ARRAY: number[] = [];
for (let i = 0; i < 2; i++)
  for (let j = 0; j < 3; j++) for (let k = 0; k < 5; k++) ARRAY.push((100 * i + 10 * j + k) / 8 - 6);

async function withFile<T>(path: string, use: (file: TensorFile) => Promise<T>): Promise<T> {
  const file = await TensorFile.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray) => Buffer.from(buffer, byteOffset, byteLength);
const expectBytes = (actual: NodeJS.TypedArray, expected: NodeJS.TypedArray) =>
  expect(Buffer.compare(bytesOf(actual), bytesOf(expected))).toBe(0);

async function valuesOf(file: TensorFile, tensor: StoredTensor): Promise<number[]> {
  const { data } = await file.read(tensor);
  expect(data).toBeInstanceOf(tensor.dtype === "float16" ? Uint16Array : Float32Array);
  return Array.from(numbers(data));
}

describe("a .npy file of NumPy", () => {
  const names = readdirSync(fixture(""), { encoding: "utf8" }).filter((name) => /^(f\d|version)-.*\.npy$/.test(name));
  it.each(names)("%s", (name) =>
    withFile(fixture(name), async (file) => {
      expect(file.format).toBe("npy");
      expect(file.tensors).toHaveLength(1);
      const [tensor] = file.tensors;
      const stored = { f2: "float16", f4: "float32", f8: "float64", ve: "float32" }[name.slice(0, 2)];
      expect(tensor).toMatchObject({ name: name.replace(".npy", ""), shape: [2, 3, 5], size: 30 });
      expect(tensor.stored).toBe(name === "version-3.npy" ? "float16" : stored);
      expect(tensor.bytes).toBe(30 * ELEMENT_BYTES[tensor.stored]);
      expect(await valuesOf(file, tensor)).toEqual(ARRAY);
    }),
  );

  it("rounds float64 once and counts what changed", () =>
    withFile(fixture("thirds.npy"), async (file) => {
      const { data, rounded, overflowed } = await file.read(file.tensors[0]);
      const thirds = Array.from({ length: 8 }, (_, i) => Math.fround(1 / (3 * (i + 1))));
      expect(Array.from(data)).toEqual([...thirds, Infinity, NaN, -Infinity]);
      expect({ rounded, overflowed }).toEqual({ rounded: 9, overflowed: 1 });
    }));

  it("may be a scalar, empty, or of one row in Fortran order", async () => {
    await withFile(fixture("scalar.npy"), async (file) => {
      expect(file.tensors[0].shape).toEqual([]);
      expect(await valuesOf(file, file.tensors[0])).toEqual([1.5]);
    });
    await withFile(fixture("empty.npy"), async (file) => {
      expect(file.tensors[0]).toMatchObject({ shape: [0, 3], size: 0, bytes: 0 });
      expect(await valuesOf(file, file.tensors[0])).toEqual([]);
    });
    await withFile(fixture("one-row-fortran.npy"), async (file) =>
      expect(await valuesOf(file, file.tensors[0])).toEqual(ARRAY.slice(0, 5)),
    );
  });
});

describe("a .npz file of NumPy", () => {
  it.each(["stored.npz", "deflated.npz"])("%s", (name) =>
    withFile(fixture(name), async (file) => {
      expect(file.format).toBe("npz");
      const names = ["half", "layer/weight", "double"];
      expect(file.tensors.map(({ name }) => name)).toEqual(name === "deflated.npz" ? ["zeros", ...names] : names);
      expect(file.skipped).toEqual([
        { name: "counter", type: "<i8" },
        { name: "structured", type: "a structured type" },
      ]);
      for (const tensor of file.tensors) {
        const expected = tensor.name === "zeros" ? new Array(2000).fill(0) : ARRAY;
        expect(await valuesOf(file, tensor)).toEqual(expected);
      }
    }),
  );

  it("may be empty, and may hold other files", async () => {
    await withFile(fixture("nothing.npz"), async (file) => expect(file.tensors).toEqual([]));
    const zip = zipBytes([{ name: "README.txt", content: Buffer.from("about") }]);
    await withFile(write("other.npz", zip), async (file) =>
      expect(file.skipped).toEqual([{ name: "README.txt", type: "no .npy file" }]),
    );
  });
});

describe("a .safetensors file", () => {
  it("of every type", () =>
    withFile(fixture("types.safetensors"), async (file) => {
      expect(file.format).toBe("safetensors");
      expect(file.tensors.map(({ name, stored }) => [name, stored])).toEqual([
        ["half", "float16"],
        ["brain", "bfloat16"],
        ["single", "float32"],
        ["double", "float64"],
        ["none", "float32"],
        ['quo"te\n', "float32"],
      ]);
      expect(file.skipped).toEqual([{ name: "counter", type: "I64" }]);
      const [half, brain, single, double, none, quote] = file.tensors;
      for (const tensor of [half, brain, single, double]) expect(await valuesOf(file, tensor)).toEqual(ARRAY);
      expect(none.shape).toEqual([0, 4]);
      expect(await valuesOf(file, none)).toEqual([]);
      expect(await valuesOf(file, quote)).toEqual([2.5]);
    }));

  it("of samples/", () =>
    withFile(sample("digits-cnn.safetensors"), async (file) => {
      expect(file.tensors).toHaveLength(17);
      expect(file.skipped).toHaveLength(3);
      const weight = file.tensors.find(({ name }) => name === "conv3.weight") as StoredTensor;
      expect(weight.shape).toEqual([64, 64, 3, 3]);
      expect((await file.read(weight)).data).toHaveLength(64 * 64 * 9);
    }));
});

describe("a tensor of many blocks", () => {
  const shape = [61, 70, 83];
  const size = 61 * 70 * 83;
  const data = gaussian(size, 3);

  /** The elements as a file in Fortran order has them. */
  function transposed(): Float64Array {
    const result = new Float64Array(size);
    let at = 0;
    for (let k = 0; k < 83; k++)
      for (let j = 0; j < 70; j++) for (let i = 0; i < 61; i++) result[at++] = data[(i * 70 + j) * 83 + k];
    return result;
  }

  // the header has a length that is no multiple of 8
  const plain = npyBytes({ header: npyHeader("<f4", shape), data: Buffer.from(data.buffer) });
  const fortran = npyBytes({ header: npyHeader("<f8", shape, true), data: Buffer.from(transposed().buffer) });

  it.each([
    ["in C order", plain],
    ["in Fortran order", fortran],
    ["deflated", zipBytes([{ name: "a.npy", content: plain, method: 8 }])],
    ["deflated in Fortran order", zipBytes([{ name: "a.npy", content: fortran, method: 8 }])],
    ["stored in a .npz file", zipBytes([{ name: "a.npy", content: fortran }])],
  ])("%s", (name, bytes) =>
    withFile(write(name, bytes), async (file) => {
      const target = new Float32Array(size);
      const read = await file.read(file.tensors[0], target);
      expect(read.data).toBe(target);
      expect(read.rounded).toBe(0);
      expectBytes(target, data);
    }),
  );
});
