/**
 * Puts the compiled module where the package needs it: as text in src/wasm.generated.ts, and as the file
 * dist/halfnorm.wasm for those who bring their own bytes to load().
 *
 * The text is one printable ASCII character a byte as far as that goes, so that gzip still sees the
 * repetitions of the module and minifiers of any character set leave it as it is: a byte b becomes
 * v = (b + 3) mod 256, which puts 0xfd, the SIMD prefix, and the small numbers first; values below 90 are the
 * characters "#" to "|", those from 90 and from 180 the same characters after "}" and after "~".
 *
 * Measured on a module of 30,903 bytes (12,148 gzipped), as an esbuild bundle, minified and gzipped, decoder
 * included: these pages 12,548 bytes; hexadecimal 13,801; latin-1 escapes 13,905; deflate, base64 and
 * tiny-inflate 14,209 (fflate 14,756); base64 16,662. It decodes in about the time that base64 takes.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const MODULE = new URL("../build/halfnorm.wasm", import.meta.url);
const SOURCE = new URL("../src/wasm.generated.ts", import.meta.url);
const DIST = new URL("../dist/", import.meta.url);

const PAGE = 90;
const SHIFT = 3;
const FIRST = "#".charCodeAt(0); // just above the double quote
const ESCAPE = "}".charCodeAt(0);

function encode(bytes) {
  let text = "";
  for (const byte of bytes) {
    const value = (byte + SHIFT) & 255;
    const page = Math.floor(value / PAGE);
    if (page > 0) text += String.fromCharCode(ESCAPE + page - 1);
    text += String.fromCharCode(FIRST + (value % PAGE));
  }
  return JSON.stringify(text);
}

function generate(bytes) {
  return `// written by scripts/embed.mjs, which describes the encoding; do not edit
const SIZE = ${bytes.length};
const TEXT =
  ${encode(bytes)};

/** The compiled module, a fresh copy. */
export function moduleBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  for (let i = 0, at = 0; at < SIZE; at++) {
    let code = TEXT.charCodeAt(i++);
    if (code >= ${ESCAPE}) code = (code - ${ESCAPE - 1}) * ${PAGE} + TEXT.charCodeAt(i++);
    bytes[at] = code - ${FIRST + SHIFT}; // modulo 256
  }
  return bytes;
}
`;
}

const source = generate(readFileSync(MODULE));
// an unchanged file keeps its time, for whoever watches it
if (!existsSync(SOURCE) || readFileSync(SOURCE, "utf8") !== source) writeFileSync(SOURCE, source);
mkdirSync(DIST, { recursive: true });
copyFileSync(MODULE, new URL("halfnorm.wasm", DIST));
