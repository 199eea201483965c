// Bytes of a file that the page was given, or of one that was fetched. Archives are read by zip.js, which the command line has
// yauzl for.

import { type Archives, Bytes } from "../../src/cli/files/bytes.js";

export class BlobBytes extends Bytes {
  constructor(
    private readonly blob: Blob,
    label: string,
  ) {
    super(label);
  }

  get size(): number {
    return this.blob.size;
  }

  async read(target: Uint8Array, position: number): Promise<void> {
    let bytes: ArrayBuffer;
    try {
      bytes = await this.blob.slice(position, position + target.length).arrayBuffer();
    } catch (error) {
      throw this.fail("cannot be read any more: it has been changed, moved or is no file", { cause: error });
    }
    if (bytes.byteLength < target.length) throw this.fail(`ends after ${position + bytes.byteLength} bytes`);
    target.set(new Uint8Array(bytes));
  }

  async archives(): Promise<Archives> {
    return import("./archives.js");
  }

  /** For what reads archives. */
  get content(): Blob {
    return this.blob;
  }
}
