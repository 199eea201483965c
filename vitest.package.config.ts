import { defineConfig } from "vitest/config";

// npm run check:package: on the package as it is packed and installed, which takes a registry and, for the pages, a Chromium
export default defineConfig({
  test: {
    include: ["test/package/*.check.ts"],
    globalSetup: ["test/package/setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
