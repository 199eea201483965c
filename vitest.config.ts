import { defineConfig } from "vitest/config";

/** Runs over all 2^32 float32 values take minutes: npm run test:exhaustive. */
const exhaustive = Boolean(process.env.HALFNORM_EXHAUSTIVE);
const EXHAUSTIVE = "test/kernels/exhaustive/**";

/**
 * Folders whose files may run one after the other in one process, which is half a second less for each: they change nothing that
 * others see, and count no calls by the million, which code compiled for others would slow down.
 */
const TOGETHER = [
  "accuracy",
  "bench",
  "checks",
  "cli",
  "conversion",
  "diagnosis",
  "numerics",
  "onnx",
  "oracle",
  "scripts",
  "statistics",
  "text",
  "training",
].join("|");
/** It takes the place of a module. */
const MOCKS = "test/cli/kernels.remedies.test.ts";

const projects = [
  {
    extends: true as const,
    test: { name: "together", include: [`test/(${TOGETHER})/**/*.test.ts`], exclude: [MOCKS], isolate: false },
  },
  {
    extends: true as const,
    test: {
      name: "alone",
      include: ["test/*.test.ts", `test/!(${TOGETHER})/**/*.test.ts`, MOCKS],
      exclude: [EXHAUSTIVE],
    },
  },
];

export default defineConfig({
  test: {
    ...(exhaustive ? { include: [`${EXHAUSTIVE}/*.test.ts`] } : { projects }),
    maxWorkers: "100%",
    // Test files are independent of each other, and each has a module instance of its own but where they run together.
    pool: "forks",
    testTimeout: exhaustive ? 3_600_000 : 60_000,
  },
});
