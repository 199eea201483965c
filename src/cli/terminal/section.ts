// A table with what is said about it: what text and HTML are made from.

import type { Column, Row } from "../../text/page.js";

export interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Whether the first column has names, which may be shortened. */
  readonly names?: boolean;
  /** Sentences below it. */
  readonly notes?: readonly string[];
}
