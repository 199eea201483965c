/**
 * Mutants of assembly/norms, as Stryker makes them of src/ (stryker.config.mjs), which does not compile AssemblyScript: one
 * change each, in a copy of the tree, compiled into the core and the gradients, and tried with tests that judge norms.
 * node scripts/mutate-kernels.mjs [--count 40] [--seed N] prints what none of them notices. A mutant whose modules are byte for
 * byte what they were changes nothing.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import asc from "assemblyscript/asc";
import ts from "typescript";
import { random } from "../bench/harness/harness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const NORMS = "assembly/norms";
/** One after the other: the first notices most, and vitest would begin with the longest file. */
const TESTS = [
  ["test/golden.test.ts"],
  [
    "test/plan/plan.test.ts",
    "test/statistics/one-pass.test.ts",
    "test/layers/weights.test.ts",
    "test/layers/weights.extremes.test.ts",
    "test/statistics/partial.test.ts",
    "test/training/weight-gradients.test.ts",
    "test/training/layer-gradients.emulated.test.ts",
  ],
];
/** What is compiled again, and what is taken as it was built. */
const COMPILED = ["core", "gradients"];
const BUILT = ["diagnosis"];
const SECONDS = 120;

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

const { values } = parseArgs({ options: { count: { type: "string", default: "40" }, seed: { type: "string" } } });
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const next = random(seed);
const all = readdirSync(join(root, NORMS)).flatMap((name) => mutantsOf(`${NORMS}/${name}`));
const sample = all
  .map((mutant) => ({ mutant, order: next() }))
  .sort((a, b) => a.order - b.order)
  .slice(0, Number(values.count))
  .map(({ mutant }) => mutant);
console.log(`${all.length} mutants of ${NORMS}, ${sample.length} of them tried, seed ${seed}`);

const copy = mkdtempSync(join(tmpdir(), "halfnorm-mutation-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const name of [
  "asconfig.json",
  "assembly",
  "package.json",
  "src",
  "test",
  "tsconfig.json",
  "vitest.config.ts",
  "docs",
]) {
  cpSync(join(root, name), join(copy, name), { recursive: true });
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
symlinkSync(join(root, "build"), join(copy, "built"));
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const run = (script, ...args) =>
  spawnSync(process.execPath, [script, ...args], { cwd: copy, encoding: "utf8", timeout: SECONDS * 1000 });

/** The part as the package imports it, without what makes it short. */
function embed(name, base64) {
  const text = `export const ${name}Bytes = () => Uint8Array.from(atob("${base64}"), (each) => each.charCodeAt(0));\n`;
  writeFileSync(join(copy, `src/engine/${name}.generated.ts`), text);
}

const UNOPTIMIZED = ["--optimizeLevel", "0", "--shrinkLevel", "0"];

/** The parts of the copy, one after the other in base64; undefined where it does not compile. */
async function compile(options) {
  const parts = [];
  for (const name of COMPILED) {
    const outFile = `${name}.wasm`;
    const args = [`assembly/modules/${name}.ts`, "--target", name, "--baseDir", copy, "--outFile", outFile, ...options];
    const { error } = await asc.main(args, { stderr: asc.createMemoryStream() });
    if (error) return undefined;
    parts.push(readFileSync(join(copy, outFile)).toString("base64"));
  }
  return parts;
}

/** The title of the first test that fails, and "time" where they take too long; undefined where they pass. */
function firstFailure() {
  for (const files of TESTS) {
    const { status, stdout, stderr } = run(vitest, "run", "--bail", "1", "--maxWorkers", "1", ...files);
    if (status !== 0) return status === null ? "time" : (/FAIL\s+(.*)/.exec(stdout + stderr)?.[1] ?? "");
  }
  return undefined;
}

for (const name of BUILT) embed(name, readFileSync(join(root, `build/${name}.wasm`)).toString("base64"));
/** Bits are the same however it is optimized, which takes the longest. */
const original = await compile(UNOPTIMIZED);
const embedAll = (parts) => {
  for (const [i, name] of COMPILED.entries()) embed(name, parts[i]);
};
embedAll(original);
const failure = firstFailure();
if (failure !== undefined) throw new Error(`the tests fail without a mutant: ${failure}`);

const counts = { killed: 0, "does not compile": 0, "the same code": 0, survived: 0 };
const say = (what, { path, start, end, text }, by = "") => {
  const source = readFileSync(join(root, path), "utf8");
  const line = source.slice(0, start).split("\n").length;
  console.log(`${what}: ${path}:${line} ${source.slice(start, end)} -> ${text}${by}`);
};
const tell = (what, mutant, by) => {
  counts[what]++;
  say(what, mutant, by);
};

/** Does it with a mutant in the copy. */
async function within({ path, start, end, text }, action) {
  const source = readFileSync(join(root, path), "utf8");
  writeFileSync(join(copy, path), source.slice(0, start) + text + source.slice(end));
  await action();
  writeFileSync(join(copy, path), source);
}

const unnoticed = [];
for (const mutant of sample) {
  await within(mutant, async () => {
    const modules = await compile(UNOPTIMIZED);
    if (!modules) return tell("does not compile", mutant);
    embedAll(modules);
    const failed = firstFailure();
    if (failed === undefined) {
      unnoticed.push(mutant);
      say("not noticed", mutant);
    } else tell("killed", mutant, ` by ${failed}`);
  });
}
const optimized = unnoticed.length ? String(await compile([])) : "";
for (const mutant of unnoticed) {
  await within(mutant, async () => {
    tell(String(await compile([])) === optimized ? "the same code" : "survived", mutant);
  });
}
console.log(counts);
