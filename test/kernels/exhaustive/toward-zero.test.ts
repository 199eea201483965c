/** Rounding all float32 values: see nearest.test.ts. */

import { test } from "vitest";
import { FORMATS } from "../../support/formats.js";
import { expectRounded, isListed } from "./all-floats.js";

test.each(FORMATS.filter(isListed))("rounding to $label, toward-zero", (format) => {
  expectRounded(format, "toward-zero");
});
