/** Speed without a clock: no kernel has more code, or more to do in an inner loop, than its table says. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("no kernel has grown", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/kernel-code.mjs", "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}, 60_000);
