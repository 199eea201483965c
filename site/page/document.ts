// What plots are drawn in, in the place of src/cli/report/document.ts: a document that nobody sees.

/** A fresh one for each: a plot may not know of another one. */
export const freshDocument = (): Document => document.implementation.createHTMLDocument();
