/**
 * Puts the compiled modules where the package needs them: each part as text in src/engine/*.generated.ts, all of them in one
 * as the file dist/halfnorm.wasm for those who bring their own bytes to load().
 *
 * The text is one printable ASCII character a byte as far as that goes, so that gzip still sees the
 * repetitions of the module and minifiers of any character set leave it as it is: the characters "#" to "{" stand for a
 * byte each; any other byte b is one of "|", "}" and "~", for b / 89, and the one of "#" to "{" for b mod 89.
 *
 * The most frequent bytes have the characters that are most frequent in programs. gzip has one code for a stretch of the file,
 * and the one in which the program ends holds much of the module as well: this way, it suits both. Which byte has which character
 * is a table in what decodes. A bundle of 21,680 bytes with the order of numbers, and no table, has 21,360 with both in the order
 * of how frequent they are, and 21,220 after some thousand exchanges, of which those were kept that made it no larger.
 *
 * There are three texts: the third has the bytes behind local.get, local.set and local.tee, which are mostly numbers of
 * local variables; the second has those behind v128.load and its kin and their alignment, which are offsets. Without
 * them, the same operations are the same text wherever they stand. Which byte comes from where is told by the bytes
 * before it alone: what only looks like such an instruction does no harm.
 *
 * Measured on a module of 31,270 bytes, as text, gzipped: these three 11,879 bytes, the first two 12,032, all in one text
 * 12,776. On one of 30,722 (12,244 gzipped): the first two 11,780, one text 12,499; opcodes and each kind of operand
 * apart, by a parser of the format, 11,467. On one of 30,903 (12,148 gzipped), as an esbuild bundle, decoder included: one
 * text 12,548 bytes; hexadecimal 13,801; latin-1 escapes 13,905; deflate, base64 and tiny-inflate 14,209 (fflate 14,756);
 * base64 16,662.
 *
 * What decodes is a module as well, of 287 bytes (assembly/modules/decode.ts): JavaScript that runs once is interpreted, and took 2
 * to 4 ms of the 6 that a first call took.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const PARTS = ["core", "diagnosis", "gradients"];
const build = (name) => new URL(`../build/${name}.wasm`, import.meta.url);
const asconfig = JSON.parse(readFileSync(new URL("../asconfig.json", import.meta.url), "utf8"));
const sourceOf = (name) => new URL(`../src/engine/${name}.generated.ts`, import.meta.url);
const DIST = new URL("../dist/", import.meta.url);

const FIRST = "#".charCodeAt(0); // just above the double quote
const END = "|".charCodeAt(0);
const COUNT = END - FIRST;
const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22; // local.set between them
const SIMD = 0xfd;
const V128_STORE = 0x0b; // from 0 on: all loads of a vector

/** Addresses in the memory of the decoder (assembly/modules/decode.ts): of the module, the table, and half way of the texts. */
const MODULE = 16;
const TABLE = asconfig.targets.decode.memoryBase;
const TEXTS = 0x40000;

/** How each byte is written. */
const characters = Array.from(
  { length: 256 },
  (_, byte) => String.fromCharCode(END + Math.floor(byte / COUNT)) + String.fromCharCode(FIRST + (byte % COUNT)),
);
const decoder = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(build("decode"))));
new Uint8Array(decoder.exports.memory.buffer, TABLE, COUNT).forEach((byte, at) => {
  characters[byte] = String.fromCharCode(FIRST + at);
});

/** The text that has a byte. */
function textOf(bytes, at) {
  if (bytes[at - 1] >= LOCAL_GET && bytes[at - 1] <= LOCAL_TEE) return 2;
  return bytes[at - 3] === SIMD && bytes[at - 2] <= V128_STORE ? 1 : 0;
}

function encode(bytes) {
  const texts = ["", "", ""];
  bytes.forEach((byte, at) => {
    texts[textOf(bytes, at)] += characters[byte];
  });
  return texts;
}

/** Constants, and the function that gives the bytes of a part. */
function generatePart(name) {
  const bytes = readFileSync(build(name));
  const texts = encode(bytes);
  const [first, second] = texts.map(({ length }) => length);
  if (MODULE + bytes.length > TABLE || texts.join("").length > TEXTS) throw new Error(`no room to decode ${name} in`);
  const text = `${name.toUpperCase()}_TEXT`;
  return `
const ${text} =
  ${JSON.stringify(texts.join(""))};

/** The compiled module, a fresh copy. */
export function ${name}Bytes(): Bytes {
  return decoded(${text}, ${bytes.length}, ${first}, ${second});
}
`;
}

const BEGIN = "// written by scripts/embed.mjs, which describes the encoding; do not edit\n";

/** The core's file has what decodes all of them. */
const DECODED = `
type Bytes = Uint8Array<ArrayBuffer>;

interface Decoder {
  readonly memory: { readonly buffer: ArrayBuffer };
  decode(size: number): void;
}

const DECODER = "${readFileSync(build("decode")).toString("base64")}";

/** @param first Length of the first text, @param second of the second. */
export function decoded(text: string, size: number, first: number, second: number): Bytes {
  let decoder: WebAssembly.Module;
  try {
    decoder = new WebAssembly.Module(Uint8Array.from(atob(DECODER), (each) => each.charCodeAt(0)));
  } catch (error) {
    throw new WebAssembly.CompileError((error as Error).message + "; allow 'wasm-unsafe-eval' or use load({ module })");
  }
  const { decode, memory } = new WebAssembly.Instance(decoder).exports as unknown as Decoder;
  const { buffer } = memory;
  new Int32Array(buffer).set([${TEXTS}, ${TEXTS} + first, ${TEXTS} + first + second]);
  new TextEncoder().encodeInto(text, new Uint8Array(buffer, ${TEXTS}));
  decode(size);
  return new Uint8Array(buffer, ${MODULE}, size);
}
`;
const IMPORT = `
import { decoded } from "./core.generated.js";

type Bytes = Uint8Array<ArrayBuffer>;
`;

for (const name of PARTS) {
  const source = BEGIN + (name === "core" ? DECODED : IMPORT) + generatePart(name);
  // an unchanged file keeps its time, for whoever watches it
  const file = sourceOf(name);
  if (!existsSync(file) || readFileSync(file, "utf8") !== source) writeFileSync(file, source);
}
mkdirSync(DIST, { recursive: true });
copyFileSync(build("halfnorm"), new URL("halfnorm.wasm", DIST));
