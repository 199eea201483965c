/** Tables that are read from JSON, and frozen. */

import { expect, test } from "vitest";
import { frozenJson } from "../../src/checks/frozen-json.js";

test("a table is frozen, and all that is in it", () => {
  const table = { a: [{ b: { c: 1 } }, null, "d"], e: { f: true } };
  const found = frozenJson(JSON.stringify(table)) as typeof table;
  expect(found).toEqual(table);
  const first = found.a[0] as { b: object };
  for (const each of [found, found.a, first, first.b, found.e]) expect(Object.isFrozen(each)).toBe(true);
});
