/**
 * Puts the compiled modules where the package needs them: the parts as text in src/wasm.generated.ts, all of them in one
 * as the file dist/halfnorm.wasm for those who bring their own bytes to load().
 *
 * The text is one printable ASCII character a byte as far as that goes, so that gzip still sees the
 * repetitions of the module and minifiers of any character set leave it as it is: a byte b becomes
 * v = (b + 4) mod 256, which puts 0xfd, the SIMD prefix, and the small numbers first; values below 90 are the
 * characters "#" to "|", those from 90 and from 180 the same characters after "}" and after "~".
 *
 * There are three texts: the second has the bytes behind local.get, local.set and local.tee, which are mostly numbers of
 * local variables; the third has those behind v128.load and its kin and their alignment, which are offsets. Without
 * them, the same operations are the same text wherever they stand. Which byte comes from where is told by the bytes
 * before it alone: what only looks like such an instruction does no harm.
 *
 * Measured on a module of 31,270 bytes, as text, gzipped: these three 11,879 bytes, the first two 12,032, all in one text
 * 12,776. On one of 30,722 (12,244 gzipped): the first two 11,780, one text 12,499; opcodes and each kind of operand
 * apart, by a parser of the format, 11,467. On one of 30,903 (12,148 gzipped), as an esbuild bundle, decoder included: one
 * text 12,548 bytes; hexadecimal 13,801; latin-1 escapes 13,905; deflate, base64 and tiny-inflate 14,209 (fflate 14,756);
 * base64 16,662. It decodes in about the time that base64 takes.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const PARTS = ["core", "diagnosis", "training"];
const build = (name) => new URL(`../build/${name}.wasm`, import.meta.url);
const SOURCE = new URL("../src/wasm.generated.ts", import.meta.url);
const DIST = new URL("../dist/", import.meta.url);

const PAGE = 90;
const SHIFT = 4;
const FIRST = "#".charCodeAt(0); // just above the double quote
const ESCAPE = "}".charCodeAt(0);
const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22; // local.set between them
const SIMD = 0xfd;
const V128_STORE = 0x0b; // from 0 on: all loads of a vector

/** The text that has a byte. */
function textOf(bytes, at) {
  if (bytes[at - 1] >= LOCAL_GET && bytes[at - 1] <= LOCAL_TEE) return 1;
  return bytes[at - 3] === SIMD && bytes[at - 2] <= V128_STORE ? 2 : 0;
}

function encode(bytes) {
  const texts = ["", "", ""];
  bytes.forEach((byte, at) => {
    const value = (byte + SHIFT) & 255;
    const page = Math.floor(value / PAGE);
    const prefix = page > 0 ? String.fromCharCode(ESCAPE + page - 1) : "";
    texts[textOf(bytes, at)] += prefix + String.fromCharCode(FIRST + (value % PAGE));
  });
  return texts;
}

/** Takes a value from a text. There is a cursor for each text: one array of them takes half as long again. */
const take = (cursor) => `code = codes[${cursor}++];
      if (code >= ${ESCAPE}) code = (code - ${ESCAPE - 1}) * ${PAGE} + codes[${cursor}++];`;

/** Constants, and the function that gives the bytes of a part. */
function generatePart(name) {
  const bytes = readFileSync(build(name));
  const texts = encode(bytes);
  const [first, second] = texts.map(({ length }) => length);
  const text = `${name.toUpperCase()}_TEXT`;
  return `
const ${text} =
  ${JSON.stringify(texts.join(""))};

/** The compiled module, a fresh copy. */
export function ${name}Bytes(): Bytes {
  return decode(${text}, ${bytes.length}, ${first}, ${first + second});
}
`;
}

const source = `// written by scripts/embed.mjs, which describes the encoding; do not edit

type Bytes = Uint8Array<ArrayBuffer>;

function decode(text: string, size: number, local: number, offset: number): Bytes {
  const bytes = new Uint8Array(size);
  const codes = new TextEncoder().encode(text);
  let i = 0;
  for (let at = 0, first = 0, second = 0, last = 0; at < size; at++) {
    let code = 0;
    if (last >= ${LOCAL_GET} && last <= ${LOCAL_TEE}) {
      ${take("local")}
    } else if (first === ${SIMD} && second <= ${V128_STORE}) {
      ${take("offset")}
    } else {
      ${take("i")}
    }
    first = second;
    second = last;
    last = bytes[at] = (code - ${FIRST + SHIFT}) & 255;
  }
  return bytes;
}
${PARTS.map(generatePart).join("")}`;
// an unchanged file keeps its time, for whoever watches it
if (!existsSync(SOURCE) || readFileSync(SOURCE, "utf8") !== source) writeFileSync(SOURCE, source);
mkdirSync(DIST, { recursive: true });
copyFileSync(build("halfnorm"), new URL("halfnorm.wasm", DIST));
