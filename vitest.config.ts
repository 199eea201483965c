import { defineConfig } from "vitest/config";

/** Runs over all 2^32 float32 values take minutes: HALFNORM_EXHAUSTIVE=1 npx vitest run test/exhaustive */
const exhaustive = Boolean(process.env.HALFNORM_EXHAUSTIVE);

export default defineConfig({
  test: {
    include: exhaustive ? ["test/exhaustive/*.test.ts"] : ["test/*.test.ts"],
    // Test files are independent of each other, and each has a module instance of its own.
    pool: "forks",
    testTimeout: exhaustive ? 3_600_000 : 60_000,
  },
});
