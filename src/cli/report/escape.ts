// Text as HTML has it.

import { visible } from "../terminal/printable.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For elements and for attributes in quotes. */
export const escapeHtml = (text: string): string => visible(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
