// npm run mutation: what the fast tests would say of src/checks and src/plan if they were wrong. -- --mutate "src/plan/walk.ts" takes
// a part of them, which is what there is time for.

export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  mutate: ["src/checks/*.ts", "src/plan/*.ts"],
  // the words of messages and the rows of tables are compared elsewhere
  mutator: { excludedMutations: ["StringLiteral", "ObjectLiteral", "ArrayDeclaration"] },
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 30_000,
  timeoutFactor: 1,
  ignorePatterns: ["dist", "samples", "site", "bench", "docs", "examples"],
  reporters: ["clear-text", "progress-append-only", "json", "event-recorder"],
  clearTextReporter: { logTests: false, reportTests: false, allowColor: false },
  tempDirName: "build/mutation",
  // each result as it comes, for a run that is cut off
  eventReporter: { baseDir: "build/mutation-events" },
  jsonReporter: { fileName: "build/mutation.json" },
};
