import { defineConfig } from "vitest/config";

/** The tests that npm run mutation tries a mutant with, of seconds, all in one instance of the modules. */
export default defineConfig({
  test: {
    include: [
      "test/checks/*.test.ts",
      "test/plan/*.test.ts",
      "test/golden.test.ts",
      "test/statistics/one-pass.test.ts",
      "test/statistics/partial.test.ts",
      "test/diagnosis/parts.test.ts",
      "test/tensor/operand.test.ts",
      "test/training/gradient.errors.test.ts",
      "test/training/layer-gradients.emulated.test.ts",
      "test/training/layer-gradients.native.test.ts",
      "test/training/weight-gradients.test.ts",
      "test/statistics/partial.errors.test.ts",
      "test/training/batch-norm.errors.test.ts",
    ],
    // instrumented, a million calls take minutes
    exclude: ["test/plan/million.test.ts"],
    isolate: false,
    testTimeout: 60_000,
  },
});
