/** Tensor files made byte by byte, right or wrong in any place. */
import { crc32, deflateRawSync } from "node:zlib";

export interface NpyParts {
  version?: number;
  /** In place of the length of `header`. */
  headerLength?: number;
  header: string;
  data?: Uint8Array;
}

export function npyBytes({ version = 1, header, headerLength = header.length, data }: NpyParts): Buffer {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(headerLength % 2 ** 16);
  else length.writeUInt32LE(headerLength);
  const magic = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, "latin1");
  return Buffer.concat([magic, length, Buffer.from(header, "latin1"), data ?? Buffer.alloc(0)]);
}

/** A header as NumPy writes it, without its padding. */
export function npyHeader(type: string, shape: readonly (number | string)[], fortran = false): string {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  return `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }\n`;
}

/** @param length In place of the length of the header. */
export function safetensorsBytes(header: unknown, data: Uint8Array, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

export interface ZipPart {
  name: string;
  content: Uint8Array;
  /** 0 stored, 8 deflated, anything else is written as if stored. */
  method?: number;
  flags?: number;
  /** In place of the right ones in the directory. */
  compressed?: number;
  size?: number;
  crc?: number;
  offset?: number;
}

export function zipBytes(parts: readonly ZipPart[], entries = parts.length): Buffer {
  const chunks: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 0, flags = 0, ...wrong } of parts) {
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(wrong.crc ?? crc32(content), 10);
    common.writeUInt32LE(wrong.compressed ?? packed.length, 14);
    common.writeUInt32LE(wrong.size ?? content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(wrong.offset ?? at, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\0"), common, tail, Buffer.from(name));
    chunks.push(Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed);
    at += 30 + Buffer.byteLength(name) + packed.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...chunks, ...directory, end]);
}
