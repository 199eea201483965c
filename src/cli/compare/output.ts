// What was compared, as it comes: JSON, or text when all is there, whose columns are as wide as all of them need.

import { type Comparison, formatComparison } from "../../index.js";
import { type Cell, wrap } from "../../text/page.js";
import type { Tally } from "../files/elements.js";
import { JsonOutput, print, terminalPage, textOptions } from "../terminal/output.js";
import { visible } from "../terminal/printable.js";
import { sectionsText } from "../terminal/sections.js";
import type { ComparedTensor, CompareHead } from "./compare-files.js";
import { compareNotes, compareRow, compareSections, type EqualSpecials, toleranceWords } from "./sections.js";

export class ComparedJson {
  private readonly json = new JsonOutput();
  private passes = true;

  begin(head: CompareHead): void {
    void this.json.fields(head);
  }

  found(tensor: ComparedTensor): Promise<void> {
    this.passes &&= tensor.passes;
    return this.json.element("tensors", tensor);
  }

  /** @returns Whether all tensors pass. */
  async end(): Promise<boolean> {
    await this.json.field("passes", this.passes);
    await this.json.end();
    return this.passes;
  }
}

export class ComparedText {
  private head!: CompareHead;
  private readonly rows: (Cell | string)[][] = [];
  private only: Comparison | undefined;
  private failed = 0;
  private readonly equal: EqualSpecials = { nans: 0, infinities: 0, names: [] };
  /** What reading changed. */
  private readonly changed: Tally = { rounded: 0, overflowed: 0 };

  begin(head: CompareHead): void {
    this.head = head;
  }

  async found(tensor: ComparedTensor): Promise<void> {
    this.only ??= tensor.comparison;
    this.rows.push(compareRow(tensor));
    if (!tensor.passes) this.failed++;
    const { equalNans, equalInfinities } = tensor.comparison;
    this.equal.nans += equalNans;
    this.equal.infinities += equalInfinities;
    if (equalNans || equalInfinities) this.equal.names.push(tensor.name);
    for (const { rounded, overflowed } of Object.values(tensor.rounded)) {
      this.changed.rounded += rounded;
      this.changed.overflowed += overflowed;
    }
  }

  /** @returns Whether all tensors pass. */
  async end(): Promise<boolean> {
    const { head, rows, only, failed, changed, equal } = this;
    const { toleranceUlp, outlierPercent } = head;
    if (rows.length > 1 || !only) {
      await print(sectionsText(compareSections(head, rows, failed, changed, equal)));
    } else {
      await print(formatComparison(only, textOptions()));
      const page = terminalPage();
      const verdict = failed ? page.paint("failed: not within", "red") : page.paint("ok: within", "green");
      const notes = compareNotes(head, changed);
      if (notes.length) await print(`\n${notes.map((note) => `${wrap(visible(note), 0, page.width)}\n`).join("")}`);
      if (toleranceUlp !== null) await print(`\n${verdict} ${toleranceWords(toleranceUlp, outlierPercent)}\n`);
    }
    return !failed;
  }
}
