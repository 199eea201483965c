// What the system says when it cannot do something, in words.

import { FileError } from "./errors.js";

const PROBLEMS: Record<string, string> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "no such file",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENOSPC: "no space left on the device",
  EDQUOT: "no space left in the quota",
  EROFS: "the file system is read-only",
  EEXIST: "exists already",
  EIO: "input or output failed on the device",
  EBADF: "is not open for that",
};

/** An error of the system as one line about a file; what is none is passed on. */
export function systemError(label: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return error;
  return new FileError(label, PROBLEMS[code] ?? `${syscall ?? "reading"} failed: ${code}`, { cause: error });
}
