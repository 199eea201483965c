/**
 * Mutants of assembly/norms, as Stryker makes them of src/ (stryker.config.mjs), which does not compile AssemblyScript: one
 * change each, compiled, and tried with tests that judge norms: first the golden results, in a worker, then the files of TESTS.
 * node scripts/mutate-kernels.mjs [--count N] [--seed N] prints what none of them notices, of N mutants or of all. Of those, the
 * ones whose modules are byte for byte what they were when they are optimized change nothing.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import asc from "assemblyscript/asc";
import { build } from "esbuild";
import ts from "typescript";
import { random } from "../bench/harness/harness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const NORMS = "assembly/norms";
/** For what the golden results do not notice: extreme values, pieces of statistics, diagnoses. */
const TESTS = [
  "test/diagnosis/given.test.ts",
  "test/diagnosis/trace.kernels.test.ts",
  "test/layers/weights.extremes.test.ts",
  "test/statistics/one-pass.test.ts",
  "test/training/batch-norm.test.ts",
  "test/training/layer-gradients.emulated.test.ts",
  "test/training/layer-gradients.native.test.ts",
];
const PARTS = ["core", "diagnosis", "gradients"];
/** Of the processor, for the golden results, which take about 10, and of a clock, for the tests. */
const SECONDS = 30;
const TESTS_SECONDS = 300;

const OPERATORS = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "&": ["|"],
  "|": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
};
/** Functions of one argument that may be left out. */
const FUNCTIONS = ["abs", "sqrt", "magnitude"];
const ENUMS = {
  Reduction: ["None", "Sum", "Largest", "Greatest", "Range"],
  TermKind: ["Size", "Square", "Other"],
  Slope: ["None", "Proportional", "Sign", "Shaped", "Selected"],
};

/** All changes of a file: where, and what stands there then. */
function mutantsOf(path) {
  const source = readFileSync(join(root, path), "utf8");
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const change = (node, text) => found.push({ path, start: node.getStart(file), end: node.end, text });
  const visit = (node) => {
    // not compiled into what is published: types, and assertions
    if (ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node)) return;
    if (ts.isMethodDeclaration(node) && node.name.getText(file) === "check") return;
    if (ts.isIfStatement(node)) {
      if (node.expression.getText(file).includes("ASC_NO_ASSERT")) return;
      change(node.expression, "true");
      change(node.expression, "false");
    }
    if (ts.isBinaryExpression(node)) {
      for (const other of OPERATORS[node.operatorToken.getText(file)] ?? []) change(node.operatorToken, other);
    }
    if (ts.isConditionalExpression(node)) {
      change(node, node.whenTrue.getText(file));
      change(node, node.whenFalse.getText(file));
    }
    if (ts.isNumericLiteral(node))
      change(node, `${Number(node.text) > 1e9 ? Number(node.text) * 2 : Number(node.text) + 1}`);
    if (node.kind === ts.SyntaxKind.TrueKeyword) change(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) change(node, "true");
    if (ts.isPrefixUnaryExpression(node)) change(node, node.operand.getText(file));
    if (ts.isCallExpression(node) && FUNCTIONS.includes(node.expression.getText(file).split(".").at(-1))) {
      change(node, node.arguments[0].getText(file));
    }
    if (ts.isPropertyAccessExpression(node)) {
      for (const other of ENUMS[node.expression.getText(file)] ?? []) {
        if (other !== node.name.text) change(node.name, other);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const { values } = parseArgs({ options: { count: { type: "string" }, seed: { type: "string" } } });
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const next = random(seed);
const all = readdirSync(join(root, NORMS)).flatMap((name) => mutantsOf(`${NORMS}/${name}`));
const sample = all
  .map((mutant) => ({ mutant, order: next() }))
  .sort((a, b) => a.order - b.order)
  .slice(0, Number(values.count ?? all.length))
  .map(({ mutant }) => mutant);
console.log(`${all.length} mutants of ${NORMS}, ${sample.length} of them tried, seed ${seed}`);

const copy = mkdtempSync(join(tmpdir(), "halfnorm-mutation-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const name of ["package.json", "src", "test", "tsconfig.json", "docs"]) {
  cpSync(join(root, name), join(copy, name), { recursive: true });
}
writeFileSync(join(copy, "vitest.config.ts"), "export default { test: { isolate: false, testTimeout: 120_000 } };\n");
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

const sources = new Map();
/** What asc reads, once for all mutants; undefined where there is none. */
function sourceOf(path) {
  if (!sources.has(path)) {
    let text;
    try {
      text = readFileSync(join(root, path), "utf8");
    } catch {}
    sources.set(path, text);
  }
  return sources.get(path);
}

/** Bits are the same however it is optimized, which takes the longest. */
const UNOPTIMIZED = ["--optimizeLevel", "0", "--shrinkLevel", "0"];

/** A module with a mutant or without; undefined where it does not compile. */
async function compile(name, options, mutant) {
  let module;
  const { error } = await asc.main(
    [`assembly/modules/${name}.ts`, "--target", name, "--outFile", "module.wasm", ...options],
    {
      readFile(path) {
        const source = sourceOf(path);
        if (path !== mutant?.path) return source ?? null;
        return source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end);
      },
      writeFile(_path, contents) {
        module = contents;
      },
      listFiles: () => [],
      stdout: asc.createMemoryStream(),
      stderr: asc.createMemoryStream(),
    },
  );
  return error ? undefined : Buffer.from(module);
}

const GOLDEN = join(copy, "golden.mjs");
await build({
  entryPoints: [join(root, "test/support/golden-worker.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: GOLDEN,
});
const golden = readFileSync(join(root, "test/fixtures/golden.txt"), "utf8").split("\n");
let worker;

/** What the golden results of a module notice first, or "time" where they take too long; undefined where they are the same. */
async function firstDifference(module) {
  worker ??= new Worker(GOLDEN, { workerData: golden });
  worker.postMessage(module);
  const began = process.cpuUsage().user;
  const waiting = new AbortController();
  const { signal } = waiting;
  const late = async () => {
    for await (const _ of setInterval(200, undefined, { signal })) {
      if (process.cpuUsage().user - began > SECONDS * 1e6) return ["time"];
    }
  };
  const [answer] = await Promise.race([once(worker, "message", { signal }), late()]);
  waiting.abort();
  if (answer === "time") {
    await worker.terminate();
    worker = undefined;
  }
  return answer;
}

/** The part as the package imports it, without what makes it short. */
function embed(name, module) {
  const base64 = module.toString("base64");
  const text = `export const ${name}Bytes = () => Uint8Array.from(atob("${base64}"), (each) => each.charCodeAt(0));\n`;
  writeFileSync(join(copy, `src/engine/${name}.generated.ts`), text);
}

/** The title of the first test that fails with a mutant, and "time" where they take too long; undefined where they pass. */
async function firstFailure(mutant) {
  for (const name of PARTS) embed(name, await compile(name, UNOPTIMIZED, mutant));
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, "run", "--bail", "1", "--maxWorkers", "1", ...TESTS],
    { cwd: copy, encoding: "utf8", timeout: TESTS_SECONDS * 1000 },
  );
  if (status === 0) return undefined;
  return status === null ? "time" : (/FAIL\s+(.*)/.exec(stdout + stderr)?.[1] ?? "");
}

const failure = (await firstDifference(await compile("whole", UNOPTIMIZED))) ?? (await firstFailure());
if (failure !== undefined) throw new Error(`the tests fail without a mutant: ${failure}`);

const counts = { noticed: 0, "too long": 0, "does not compile": 0, "the same code": 0, survived: 0 };
function tell(what, { path, start, end, text }, by) {
  counts[what]++;
  const source = sourceOf(path);
  const line = source.slice(0, start).split("\n").length;
  console.log(`${what}: ${path}:${line} ${source.slice(start, end)} -> ${text}${by ? ` by ${by}` : ""}`);
}

const left = [];
for (const mutant of sample) {
  const module = await compile("whole", UNOPTIMIZED, mutant);
  const found = module && (await firstDifference(module));
  if (!module) tell("does not compile", mutant);
  else if (found === undefined) left.push(mutant);
  else tell(found === "time" ? "too long" : "noticed", mutant, found);
}
await worker?.terminate();
console.log(`${left.length} that the golden results do not notice`);
const optimized = left.length && (await compile("whole", []));
for (const mutant of left) {
  const found = await firstFailure(mutant);
  if (found !== undefined) tell(found === "time" ? "too long" : "noticed", mutant, found);
  else tell(optimized.equals(await compile("whole", [], mutant)) ? "the same code" : "survived", mutant);
}
console.log(counts);
