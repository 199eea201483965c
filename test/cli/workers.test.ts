/** Workers: what they are told of a tensor, and in which order tasks are taken. */
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import work from "../../src/cli/compare/worker.js";
import { Source } from "../../src/cli/files/source.js";
import { type Place, TensorFile } from "../../src/cli/files/tensor-file.js";
import { Waiting } from "../../src/cli/workers/waiting.js";
import { startWorkers } from "../../src/cli/workers/workers.js";
import { halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const VALUES = Float32Array.of(1, -2, 3, -4);
const DATA = Buffer.from(VALUES.buffer);
const NPY = npyBytes({ header: npyHeader("<f4", [4]), data: DATA });
const FILES: Record<string, Buffer> = {
  "a.npy": NPY,
  "a.npz": zipBytes([{ name: "a.npy", content: NPY }]),
  "deflated.npz": zipBytes([{ name: "a.npy", content: NPY, method: 8 }]),
  "a.safetensors": safetensorsBytes({ a: { dtype: "F32", shape: [4], data_offsets: [0, 16] } }, DATA),
};
/** Where the directory of each of them is. */
const DIRECTORIES: Record<string, (bytes: Buffer) => Buffer> = {
  "a.npy": (bytes) => bytes.subarray(0, -16),
  "a.npz": (bytes) => bytes.subarray(bytes.indexOf("PK\x01\x02")),
  "deflated.npz": (bytes) => bytes.subarray(bytes.indexOf("PK\x01\x02")),
  "a.safetensors": (bytes) => bytes.subarray(0, -16),
};

/** Whole seconds, which every file system can hold. */
const settle = (file: string, seconds: number) => utimesSync(file, seconds, seconds);

async function placeIn(name: string): Promise<Place> {
  const file = write(name, FILES[name]);
  settle(file, 1e9);
  const opened = await TensorFile.open(file);
  await opened.close();
  const [tensor] = opened.tensors;
  // as it goes to another thread
  return structuredClone({ path: file, label: name, name: tensor.name, identity: opened.identity, tensor });
}

const compared = async (place: Place) =>
  (await work([{ actual: place, expected: place, format: "float32", tolerance: undefined }]))[0];

describe("a worker", () => {
  it.each(Object.keys(FILES))("reads a tensor of %s without its directory", async (name) => {
    const place = await placeIn(name);
    const bytes = Buffer.from(FILES[name]);
    DIRECTORIES[name](bytes).fill(0xff);
    writeFileSync(place.path, bytes);
    settle(place.path, 1e9);
    const outcome = await compared(place);
    expect(outcome).toMatchObject({ result: { comparison: { count: 4, firstDifference: null, shape: [4] } } });
  });

  it.each<[string, (file: string, bytes: Buffer) => void]>([
    ["is longer", (file, bytes) => writeFileSync(file, Buffer.concat([bytes, bytes]))],
    ["is shorter", (file, bytes) => writeFileSync(file, bytes.subarray(0, -1))],
    ["has been written to", (file) => settle(file, 1e9 + 1)],
    [
      "is another one",
      (file, bytes) => {
        writeFileSync(`${file}.new`, bytes);
        renameSync(`${file}.new`, file);
      },
    ],
  ])("refuses a file that %s meanwhile", async (how, change) => {
    for (const name of Object.keys(FILES)) {
      const place = await placeIn(name);
      change(place.path, FILES[name]);
      if (how !== "has been written to") settle(place.path, 1e9);
      expect(await compared(place)).toEqual({ problem: `${name}: has been changed while it was read` });
    }
  });

  it("reads nothing outside of a file", async () => {
    const place = await placeIn("a.npy");
    for (const start of [-1, NPY.length - 15, 2 ** 53, Number.NaN]) {
      const outcome = await compared({ ...place, tensor: { ...place.tensor, start } });
      expect(outcome).toMatchObject({
        problem: expect.stringMatching(/^a\.npy: has \d+ bytes: 16 at .* outside of it$/),
      });
    }
    const source = await Source.open(path("a.npy"));
    await expect(source.blocks(0, NPY.length + 1).next()).rejects.toThrow(/outside of it$/);
    await source.close();
  });
});

it("works in the thread that asks where no thread begins", async () => {
  // of the sources there is no thread.js
  const module = "data:text/javascript,export default async (tasks) => tasks.map(({ n }) => ({ result: n + 1 }))";
  const workers = await startWorkers(module, 2);
  expect(workers).toHaveLength(1);
  expect(await workers[0].run([{ n: 1 }, { n: 2 }])).toEqual([{ result: 2 }, { result: 3 }]);
  await workers[0].end();
});

describe("a file of many small tensors", () => {
  const N = 20_000;
  const header = Object.fromEntries(
    Array.from({ length: N }, (_, i) => [`t${i}`, { dtype: "F32", shape: [2], data_offsets: [8 * i, 8 * i + 8] }]),
  );
  const values = (change: number): Buffer =>
    Buffer.from(Float32Array.from({ length: 2 * N }, (_, i) => (i === N ? change : 0) + i).buffer);

  it("is compared in seconds, in its order", async () => {
    const a = write("many.safetensors", safetensorsBytes(header, values(0)));
    const b = write("other.safetensors", safetensorsBytes(header, values(0.5)));
    const { code, stdout, stderr } = await halfnorm(["compare", a, b, "--json", "--tolerance-ulp", "1"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const { tensors } = JSON.parse(stdout) as { tensors: { name: string; passes: boolean }[] };
    expect(tensors.map(({ name }) => name)).toEqual(Object.keys(header));
    expect(tensors.flatMap(({ name, passes }) => (passes ? [] : [name]))).toEqual([`t${N / 2}`]);
  });

  it("stops at the first problem, in one line", async () => {
    const entries = Array.from({ length: 300 }, (_, i) => ({ name: `${i}.npy`, content: NPY, method: 8 }));
    const bytes = zipBytes(entries);
    const at = bytes.indexOf("PK\x01\x02", bytes.indexOf("PK\x01\x02") + 4);
    bytes.writeUInt32LE(1, at + 16); // the checksum of the second one
    const file = write("broken.npz", bytes);
    expect(refusal(await halfnorm(["compare", file, file]))).toMatch(/entry "1\.npy" does not have its checksum/);
  });
});

describe("tasks that wait", () => {
  it("are taken as if all of them were looked at each time", () => {
    const room = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(12));
    fc.assert(
      fc.property(fc.array(fc.nat(10), { maxLength: 40 }), fc.array(room, { maxLength: 60 }), (costs, rooms) => {
        const waiting = new Waiting(costs);
        const left = costs.map((_, i) => i).sort((a, b) => costs[b] - costs[a] || a - b);
        for (const most of rooms) {
          const at = left.findIndex((i) => costs[i] <= most);
          const [expected] = at < 0 ? [] : left.splice(at, 1);
          expect(waiting.take(most)).toBe(expected);
          expect(waiting.left).toBe(left.length);
        }
      }),
    );
  });
});
