// The file that a report is written to.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileError, UsageError } from "../terminal/errors.js";
import { quote } from "../terminal/printable.js";
import { isReport, REPORT_HEAD } from "../terminal/report-mark.js";
import { systemError } from "../terminal/system-errors.js";
import { STDIN } from "./source.js";
import { remove, removeLater } from "./temporary.js";

/** What is written, and how one that was written before is known: only such a file may be replaced. */
export interface WrittenKind {
  readonly option: string;
  /** "report" */
  readonly name: string;
  /** @param head The first REPORT_HEAD bytes, or all when there are fewer. */
  isOurs(head: Uint8Array): boolean;
}

const HTML_REPORT: WrittenKind = { option: "--html", name: "report", isOurs: isReport };

/** Names have numbers that 53 bits cannot hold, on some file systems. */
const BIG = { bigint: true, throwIfNoEntry: false } as const;

const same = (a: BigIntStats | undefined, b: BigIntStats | undefined): boolean =>
  a?.dev === b?.dev && a?.ino === b?.ino;

/** What an input is; nothing where that cannot be told, which will be said when it is read. */
function inputStats(name: string): BigIntStats | undefined {
  try {
    return name === "-" ? fstatSync(STDIN, { bigint: true }) : statSync(name, BIG);
  } catch {
    return undefined;
  }
}

function headOf(path: string): Uint8Array {
  const descriptor = openSync(path, "r");
  try {
    const head = new Uint8Array(REPORT_HEAD);
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A file to be written: it appears under its name when it is complete, or not at all. Of what exists it takes the place of
 * nothing but a report of ours. That it can be written is known at once, before anything is computed.
 */
export class ReportFile {
  private readonly target: string;
  /** What was there before. */
  private readonly before: BigIntStats | undefined;
  /** The unfinished file beside it. Nobody can lay another one in its place, whose name they cannot guess. */
  private readonly unfinished: string;
  private readonly descriptor: number;
  private open = true;

  /**
   * @param path As the user named it.
   * @param inputs Files that will be read, "-" for standard input.
   * @throws {UsageError | FileError}
   */
  constructor(
    private readonly path: string,
    inputs: readonly string[],
    private readonly kind = HTML_REPORT,
  ) {
    if (path === "" || path === "-")
      throw new UsageError(`${kind.option} must be the name of a file, got ${quote(path)}`);
    let unfinished: string | undefined;
    try {
      const link = lstatSync(path, BIG)?.isSymbolicLink();
      if (link && !statSync(path, BIG)) throw new FileError(path, "is a link that leads nowhere");
      this.target = link ? realpathSync(path) : path;
      this.before = this.check(inputs);
      const folder = statSync(dirname(this.target), { throwIfNoEntry: false });
      if (!folder?.isDirectory()) throw new FileError(path, "no such folder");
      if (/[/\\]$/.test(path)) throw new FileError(path, "is no name of a file");
      if (Buffer.byteLength(basename(path)) > 255) throw new FileError(path, "the name is too long");
      unfinished = join(dirname(this.target), `.halfnorm-${randomBytes(12).toString("hex")}.tmp`);
      this.unfinished = unfinished;
      removeLater(unfinished); // before it is there: a signal may come at once
      // not through a link, nor into a file that is there already; a report that was for few stays so while it is written
      this.descriptor = openSync(unfinished, "wx", this.before ? 0o600 : 0o666);
    } catch (error) {
      if (unfinished) remove(unfinished);
      if ((error as NodeJS.ErrnoException).code === "ENOTDIR") throw new FileError(path, "no such folder");
      throw systemError(path, error);
    }
  }

  /** What is there and may be replaced. */
  private check(inputs: readonly string[]): BigIntStats | undefined {
    const stats = statSync(this.target, BIG);
    if (!stats) return undefined;
    for (const name of inputs) {
      if (!same(stats, inputStats(name))) continue;
      throw new FileError(this.path, "is what is read, and would be written over");
    }
    if (stats.isDirectory()) throw new FileError(this.path, "is a directory");
    if (!stats.isFile()) throw new FileError(this.path, "is no regular file: what is written gets one of its own");
    if (!this.kind.isOurs(headOf(this.target))) {
      throw new FileError(this.path, `exists and is no ${this.kind.name} of halfnorm: it is not written over`);
    }
    accessSync(this.target, constants.W_OK);
    return stats;
  }

  /** Writes all of it. Nothing comes between, signals wait until it is done. */
  finish(text: string): void {
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
      if (this.before) fchmodSync(this.descriptor, Number(this.before.mode) & 0o777);
      this.close();
      this.publish();
    } catch (error) {
      throw systemError(this.path, error);
    }
    remove(this.unfinished);
  }

  /** Gives it its name, if there is still what there was when it was begun. */
  private publish(): void {
    const { unfinished, target } = this;
    if (!same(this.before, statSync(target, BIG)) || (this.before && !this.kind.isOurs(headOf(target)))) {
      throw new FileError(this.path, "has been written by somebody else meanwhile: it is not written over");
    }
    if (this.before) {
      renameSync(unfinished, target);
      return;
    }
    try {
      linkSync(unfinished, target); // unlike renaming, never over another file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
      renameSync(unfinished, target); // where the file system has no links
    }
  }

  /** Leaves what is there as it is, unless all has been written. */
  abandon(): void {
    this.close();
    remove(this.unfinished);
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.descriptor);
  }
}
