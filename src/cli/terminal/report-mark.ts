// How a report of ours is known, so that a new one may stand in its place and in that of no other file.

/** Stands near the beginning of every report. */
export const REPORT_MARK = '<meta name="generator" content="halfnorm">';

/** Bytes from which it can be told. */
export const REPORT_HEAD = 256;

/** @param head The first REPORT_HEAD bytes, or all when there are fewer. */
export const isReport = (head: Uint8Array): boolean => {
  const text = Buffer.from(head).toString("latin1");
  return text.startsWith("<!doctype html>") && text.includes(REPORT_MARK);
};
