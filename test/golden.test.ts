/**
 * Results of a seeded set of calls, as checksums that every engine has to reproduce: any version of Node runs this
 * file against the same snapshot, and test/site/engines.browser.ts the engines of browsers and of Bun. After a change that is meant,
 * `npx vitest run test/golden.test.ts -u` writes it anew.
 */
import { expect, test } from "vitest";
import { goldenText } from "./support/golden.js";

test("results are the same on every engine", async () => {
  await expect(await goldenText()).toMatchFileSnapshot("fixtures/golden.txt");
});
