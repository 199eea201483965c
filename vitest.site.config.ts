import { defineConfig } from "vitest/config";

// npm run test:browser: the page and the package in Chromium and Firefox, and the same bits on three engines
export default defineConfig({
  test: {
    include: ["test/site/*.browser.ts"],
    globalSetup: ["test/site/setup.ts"],
    // browsers are measured, too: one after the other
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
