// What the directory of a zip archive says of the files in it.

export const STORED = 0;
export const DEFLATED = 8;

/** A file in an archive. Plain data, so that another thread can read it. */
export interface ZipEntry {
  readonly name: string;
  /** STORED or DEFLATED. */
  readonly method: number;
  /** Where its bytes begin in the file, and how many they are there. */
  readonly data: number;
  readonly compressed: number;
  /** Bytes before compression, and their checksum. */
  readonly size: number;
  readonly crc: number;
}

/** A file in the archive, whatever it is. */
export interface Packed extends ZipEntry {
  readonly index: number;
  readonly encrypted: boolean;
  /** Where its local header begins. */
  readonly start: number;
}
