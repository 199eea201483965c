/** Tensor files that are wrong, by accident or on purpose: one error class, one line, nothing allocated for what is not there. */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader, safetensorsBytes, type ZipPart, zipBytes } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const FOUR = new Uint8Array(16);

/** Opens the file and reads everything in it. */
async function readAll(name: string): Promise<number> {
  const file = await TensorFile.open(name);
  try {
    let elements = 0;
    for (const tensor of file.tensors) elements += (await file.read(tensor)).data.length;
    return elements;
  } finally {
    await file.close();
  }
}

async function problemOf(name: string): Promise<string> {
  const error = await readAll(name).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileError);
  const { message } = error as FileError;
  expect(message.startsWith(`${name}: `)).toBe(true);
  expect(message).not.toMatch(/\p{C}/u);
  return message.slice(name.length + 2);
}

const npy = (header: string, more: object = {}) => npyBytes({ header, data: FOUR, ...more });
const single = (fields: object) => safetensorsBytes({ a: fields }, FOUR);
const F32 = { dtype: "F32", shape: [4], data_offsets: [0, 16] };
const inner = npy(npyHeader("<f4", [4]));
const zip = (...parts: Partial<ZipPart>[]) =>
  zipBytes(parts.map((part, i) => ({ name: `${i}.npy`, content: inner, ...part })));

const CASES: Record<string, [Uint8Array, RegExp]> = {
  "an empty file": [Buffer.alloc(0), /^is empty$/],
  text: [Buffer.from("hello, world\n"), /^is no \.npy, \.npz or \.safetensors file: it begins with "hello, w"$/],
  "terminal codes": [Buffer.from("\x1b[2J\x9b31m\r\n"), /it begins with "\\u\{1b\}\[2J/],

  ".npy, magic alone": [Buffer.from("\x93NUMPY", "latin1"), /^is truncated$/],
  ".npy, version 9": [npy(npyHeader("<f4", [4]), { version: 9 }), /version 9\.0/],
  ".npy, truncated length": [Buffer.from("\x93NUMPY\x02\0\x01\x02", "latin1"), /^is truncated in its header$/],
  ".npy, a header of 2 GB": [
    npy("{}", { version: 2, headerLength: 2 ** 31 }),
    /a header of 2147483648 bytes in a file of 30/,
  ],
  ".npy, a long header": [
    npy(npyHeader("<f4", [4]).padEnd(70_000), { version: 2 }),
    /header of 70000 bytes, more than 65535/,
  ],
  ".npy, truncated": [npy(npyHeader("<f4", [5])), /^is truncated: shape \(5\) of <f4 against 16 bytes$/],
  ".npy, more bytes": [npy(npyHeader("<f4", [3])), /^has more bytes than elements: shape \(3\)/],
  ".npy, half an element": [npy(npyHeader("<f8", [2, 2])), /^is truncated/],
  ".npy, huge": [npy(npyHeader("<f4", [2 ** 40, 2 ** 12])), /^is truncated/],
  ".npy, overflowing": [npy(npyHeader("<f4", [2 ** 52, 2 ** 52])), /against 16 bytes/],
  ".npy, overflowing beside 0": [npy(npyHeader("<f4", [0, 2 ** 52, 2 ** 52])), /against 16 bytes/],
  ".npy, overflowing 64 bits to what there is": [npy(npyHeader("<f4", [2 ** 32, 2 ** 32 + 1, 4])), /against 16 bytes/],
  ".npy, beyond integers": [npy(npyHeader("<f4", ["99999999999999999999"])), /expected an integer from 0 to 2\^53 - 1/],
  ".npy, negative": [npy(npyHeader("<f4", [-4])), /expected an integer.* got "-4,\)/],
  ".npy, fraction": [npy(npyHeader("<f4", ["4.0"])), /expected ",", got "\.0/],
  ".npy, number as shape": [npy(npyHeader("<f4", ["4)#"])), /expected a tuple|expected its end|expected "}"/],
  ".npy, a thousand dimensions": [npy(npyHeader("<f4", new Array(1000).fill(1))), /more than 64 integers/],
  ".npy, no dictionary": [npy("[]"), /expected "\{", got "\[\]"/],
  ".npy, a missing key": [npy("{'descr': '<f4', 'shape': (4,)}"), /is missing/],
  ".npy, a repeated key": [npy("{'descr': '<f4', 'descr': '<f8'}"), /repeated key "descr"/],
  ".npy, an unknown key": [npy("{'x': 1}"), /unknown or repeated key "x"/],
  ".npy, text behind the header": [npy(`${npyHeader("<f4", [4])} + 1`), /expected its end, got "\+ 1"/],
  ".npy, deep": [npy(`{'shape': ${"(".repeat(60_000)}`), /expected an integer/],
  ".npy, an open string": [npy("{'descr': '<f4"), /expected a string/],

  ".safetensors, 2 GB of header": [
    safetensorsBytes("{}", FOUR, 2n ** 31n),
    /a header of 2147483648 bytes in a file of 26/,
  ],
  ".safetensors, 2^64 - 1 of header": [
    safetensorsBytes("{}", FOUR, 2n ** 64n - 1n),
    /a header of 18446744073709552000 bytes/,
  ],
  ".safetensors, three bytes": [Buffer.from("abc"), /is truncated: a \.safetensors file begins with 8 bytes/],
  ".safetensors, no header": [safetensorsBytes("", FOUR), /expected "\{", got its end/],
  ".safetensors, no object": [safetensorsBytes("[]", FOUR), /expected "\{"/],
  ".safetensors, deep": [safetensorsBytes('{"a":'.repeat(100_000), FOUR), /unknown or repeated field "a"/],
  ".safetensors, deep lists": [safetensorsBytes(`{"a":{"shape":${"[".repeat(100_000)}`, FOUR), /expected an integer/],
  ".safetensors, no UTF-8": [
    Buffer.concat([safetensorsBytes('{"', FOUR, 4n).subarray(0, 10), Buffer.of(255, 255)]),
    /not UTF-8/,
  ],
  ".safetensors, a repeated name": [
    safetensorsBytes(
      '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"\\u0061":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
      FOUR,
    ),
    /has two tensors "a"/,
  ],
  ".safetensors, repeated metadata": [
    safetensorsBytes('{"__metadata__":{},"__metadata__":{}}', FOUR),
    /has two tensors "__metadata__"/,
  ],
  ".safetensors, metadata of numbers": [
    safetensorsBytes('{"__metadata__":{"a":1}}', FOUR),
    /expected a string, got "1/,
  ],
  ".safetensors, a repeated field": [
    safetensorsBytes('{"a":{"dtype":"F32","dtype":"F32"}}', FOUR),
    /repeated field "dtype"/,
  ],
  ".safetensors, a missing field": [single({ dtype: "F32" }), /has no dtype, shape or pair of data_offsets/],
  ".safetensors, one offset": [single({ ...F32, data_offsets: [0] }), /pair of data_offsets/],
  ".safetensors, three offsets": [single({ ...F32, data_offsets: [0, 8, 16] }), /more than 2 integers/],
  ".safetensors, backward": [single({ ...F32, data_offsets: [16, 0] }), /impossible offsets/],
  ".safetensors, negative": [single({ ...F32, data_offsets: [-16, 0] }), /expected an integer/],
  ".safetensors, a trailing comma": [
    safetensorsBytes('{"a":{"shape":[4,],"dtype":"F32","data_offsets":[0,16]}}', FOUR),
    /before the end of the list/,
  ],
  ".safetensors, an exponent": [safetensorsBytes('{"a":{"shape":[4e0]}}', FOUR), /expected ",", got "e0/],
  ".safetensors, leading zeros": [safetensorsBytes('{"a":{"shape":[04]}}', FOUR), /expected an integer/],
  ".safetensors, size of another shape": [single({ ...F32, shape: [5] }), /has 16 bytes for shape \[5\] of F32/],
  ".safetensors, overflowing": [single({ ...F32, shape: [2 ** 52, 2 ** 52] }), /impossible offsets or lengths/],
  ".safetensors, a gap": [single({ ...F32, shape: [3], data_offsets: [4, 16] }), /leaves a gap of 4 bytes/],
  ".safetensors, an overlap": [
    safetensorsBytes({ a: F32, b: { ...F32, shape: [2], data_offsets: [8, 16] } }, FOUR),
    /tensor "b" overlaps another one/,
  ],
  ".safetensors, truncated": [
    single({ ...F32, shape: [5], data_offsets: [0, 20] }),
    /its tensors end at \d+ bytes, the file at/,
  ],
  ".safetensors, bytes at the end": [
    single({ ...F32, shape: [3], data_offsets: [0, 12] }),
    /4 bytes that belong to no tensor/,
  ],
  ".safetensors, a name of terminal codes": [
    safetensorsBytes({ "\x1b[31m\n": { x: 1 } }, FOUR),
    /tensor "\\u\{1b\}\[31m\\u\{a\}"/,
  ],

  ".npz, truncated": [zip({}).subarray(0, -1), /is truncated: a zip archive without its end/],
  ".npz, the beginning alone": [Buffer.from("PK\x03\x04"), /is truncated: a zip archive without its end/],
  ".npz, more entries than there are": [
    zipBytes([{ name: "a.npy", content: inner }], 9),
    /no zip archive that can be read/,
  ],
  ".npz, an entry outside": [zip({ offset: 2 ** 31 }), /outside of the file/],
  ".npz, an entry elsewhere": [zip({}, { offset: 5 }), /no zip archive that can be read: invalid local file header/],
  ".npz, overlapping": [zip({}, { offset: 0 }), /entry "1\.npy" overlaps another one/],
  ".npz, a repeated name": [zip({ name: "a.npy" }, { name: "a.npy" }), /has two entries "a\.npy"/],
  ".npz, compressed beyond the file": [zip({ method: 8, compressed: 2 ** 31 }), /overflows file bounds/],
  ".npz, a bomb": [
    zip({ method: 8, size: 2 ** 32 - 2 }),
    /entry "0\.npy" cannot have 4294967294 bytes in \d+ compressed ones/,
  ],
  ".npz, more than its size": [
    zip({ method: 8, content: Buffer.concat([inner, inner]), size: inner.length, crc: 0 }),
    /has more than its \d+ bytes/,
  ],
  ".npz, less than its size": [
    zip({ method: 8, content: inner, size: inner.length + 4 }),
    /has 84 bytes in place of 88/,
  ],
  ".npz, damaged": [zip({ method: 8, crc: 5 }), /does not have its checksum/],
  ".npz, no deflate stream": [zip({ method: 0, content: Buffer.alloc(99, 7) }, {}), /entry "0\.npy" is no \.npy file/],
  ".npz, encrypted": [zip({ flags: 1, compressed: inner.length + 12 }), /is encrypted|no zip archive/],
  ".npz, another compression": [zip({ method: 14 }), /is compressed by method 14/],
  ".npz, a truncated array": [zip({ content: npy(npyHeader("<f4", [5])) }), /entry "0\.npy" is truncated/],
};

describe("a file that is wrong is refused", () => {
  it.each(Object.keys(CASES))("%s", async (name) => {
    const [bytes, problem] = CASES[name];
    // a name is believed where the first bytes tell nothing
    const extension = name.startsWith(".safetensors") ? ".safetensors" : "";
    expect(await problemOf(write(`wrong${extension}`, bytes))).toMatch(problem);
  });

  it.each<[string, string]>([
    ["a structured type", npyHeader("<f4", [4]).replace("'<f4'", "[('x', '<f4')]")],
    ["|O", npyHeader("|O", [2])],
    ["|f4", npyHeader("|f4", [4])],
    ["__import__", npyHeader("__import__", [4])],
    ["<constructor", npyHeader("<constructor", [4])],
    ["c", npyHeader("c", [16])],
    ["|V2", npyHeader("|V2", [8])],
  ])("or has nothing that can be read: %s", async (type, header) => {
    const file = await TensorFile.open(write("other.npy", npy(header)));
    expect(file.tensors).toEqual([]);
    expect(file.skipped).toEqual([{ name: "other", type }]);
    await file.close();
  });

  it("whatever it is", async () => {
    expect(await problemOf(path("none"))).toBe("no such file");
    expect(await problemOf(path("."))).toMatch(/is a directory|is not a regular file/);
    expect(await problemOf(`${path("wrong")}/inside`)).toBe("no such file");
    expect(await problemOf(path("x".repeat(300)))).toBe("the name is too long");
  });

  it("when a deflated entry is damaged in its elements", async () => {
    const content = npyBytes({ header: npyHeader("<f4", [50_000]), data: Buffer.alloc(200_000, "elements") });
    const whole = zip({ content, method: 8 });
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 200, 230);
    expect(await problemOf(write("damaged", damaged))).toMatch(/cannot be inflated|checksum|bytes in place of/);
  });

  it("with a line even for a long name of signs that are not to be seen", async () => {
    const { message } = new FileError("a\n\u202eb\x9b", "problem");
    expect(message).toBe("a\\u{a}\\u{202e}b\\u{9b}: problem");
    expect(new FileError("x".repeat(5000), "problem").message.length).toBeLessThan(1100);
  });
});

/** Real files that are small, so that many mutations can be tried. */
const CORPUS = ["../fixtures/tensors", "../../samples"].flatMap((folder) => {
  const base = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  return readdirSync(base)
    .filter((name) => /\.(npy|npz|safetensors)$/.test(name) && statSync(base + name).size < 66_000)
    .map((name) => readFileSync(base + name));
});

/** Either everything can be read, or a FileError says why not. */
async function survives(bytes: Uint8Array): Promise<void> {
  const name = write("fuzzed", bytes);
  try {
    // what is not compressed gives no more elements than there are bytes
    const elements = await readAll(name);
    expect(elements).toBeLessThanOrEqual(bytes.length * 1032);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    expect(error.message).not.toMatch(/\p{C}/u);
  } finally {
    rmSync(name); // writing it anew would wait for the disk
  }
}

const change = fc.record({
  kind: fc.constantFrom("set", "flip", "cut", "insert", "copy", "word"),
  // most of what decides is at the beginning, or at the end of an archive
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -100, max: 400 })),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
  length: fc.nat(64),
  word: fc.constantFrom(0, 1, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe),
});

function mutate(bytes: Buffer, changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): Buffer {
  let result = Buffer.from(bytes);
  for (const { kind, at, value, length, word } of changes) {
    if (!result.length) break;
    const position = Number.isInteger(at) ? (at + result.length) % result.length : Math.floor(at * result.length);
    const i = Math.max(0, Math.min(result.length - 1, position));
    const [before, after] = [result.subarray(0, i), result.subarray(i)];
    if (kind === "set") result[i] = value;
    else if (kind === "flip") result[i] ^= 1 << (value % 8);
    else if (kind === "cut") result = Buffer.concat([before, length % 2 ? after.subarray(length) : Buffer.alloc(0)]);
    else if (kind === "insert") result = Buffer.concat([before, Buffer.alloc(length, value), after]);
    else if (kind === "copy") result = Buffer.concat([before, after.subarray(0, length), after]);
    else if (i + 4 <= result.length) result.writeUInt32LE(word, i);
  }
  return result;
}

describe("fuzzing", () => {
  it("real files with mutations", async () => {
    const mutated = fc
      .tuple(fc.constantFrom(...CORPUS), fc.array(change, { minLength: 1, maxLength: 5 }))
      .map(([bytes, changes]) => mutate(bytes, changes));
    await fc.assert(fc.asyncProperty(mutated, survives), { numRuns: 15000 });
  });

  it("headers of .npy with any type, shape and length", async () => {
    const length = fc.oneof(
      fc.nat(5),
      fc.constantFrom(-1, 2 ** 31, 2 ** 53, 1e30, "1e3", "0x10", "4L", "(1,)", "True", ""),
    );
    const header = fc
      .record({
        type: fc.oneof(fc.constantFrom("<f4", ">f2", "=f8", "|f4", "f4", "<f16", "<c8", "<V2", ""), fc.string()),
        shape: fc.array(length, { maxLength: 9 }),
        fortran: fc.boolean(),
        version: fc.nat(4),
        headerLength: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.nat(2 ** 32 - 1)),
        data: fc.uint8Array({ maxLength: 64 }),
      })
      .map(({ type, shape, fortran, ...more }) => npyBytes({ ...more, header: npyHeader(type, shape, fortran) }));
    await fc.assert(fc.asyncProperty(header, survives), { numRuns: 150 });
  });

  it("headers of .safetensors with any JSON", async () => {
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom("F32", "F16", "BF16", "I64"), fc.jsonValue()),
        shape: fc.oneof(fc.array(fc.nat(3), { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(fc.nat(64), fc.nat(64)), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const header = fc.oneof(fc.dictionary(fc.string(), entry, { maxKeys: 3 }), fc.jsonValue());
    const file = fc
      .tuple(
        header,
        fc.uint8Array({ maxLength: 64 }),
        fc.option(fc.bigInt(0n, 2n ** 64n - 1n), { nil: undefined, freq: 9 }),
      )
      .map(([json, data, length]) => safetensorsBytes(json, data, length));
    await fc.assert(fc.asyncProperty(file, survives), { numRuns: 150 });
  });
});
