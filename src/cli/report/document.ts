// What plots are drawn in. A page has a document of its own, which takes the place of this file (site/vite.config.ts).

import { parseHTML } from "linkedom";

/** A fresh one for each: a plot may not know of another one. */
export const freshDocument = (): Document => parseHTML("<!doctype html><html><body></body></html>").document;
