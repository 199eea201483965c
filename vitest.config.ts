import { defineConfig } from "vitest/config";

/** Runs over all 2^32 float32 values take minutes: HALFNORM_EXHAUSTIVE=1 npx vitest run test/kernels/exhaustive */
const exhaustive = Boolean(process.env.HALFNORM_EXHAUSTIVE);
const EXHAUSTIVE = "test/kernels/exhaustive/";

export default defineConfig({
  test: {
    include: exhaustive ? [`${EXHAUSTIVE}**/*.test.ts`] : ["test/**/*.test.ts"],
    exclude: exhaustive ? [] : [`${EXHAUSTIVE}**`],
    maxWorkers: "100%",
    // Test files are independent of each other, and each has a module instance of its own.
    pool: "forks",
    testTimeout: exhaustive ? 3_600_000 : 60_000,
  },
});
