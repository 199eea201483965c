import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Test files are independent of each other, and each keeps a module instance of its own.
    pool: "forks",
    testTimeout: 60_000,
  },
});
