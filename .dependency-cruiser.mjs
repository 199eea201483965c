// Who may import whom: the folders of src/, src/cli/, assembly/, bench/ and site/, and the files beside them, in rows from top to
// bottom. Each imports from rows below its own, and from no other of its row. Types count as everything else does. `npm run check`
// holds the tree to it.

import { existsSync, readdirSync } from "node:fs";

/** The folders of src/cli that are commands. */
const commands = readdirSync(new URL("src/cli", import.meta.url)).filter((folder) =>
  existsSync(new URL(`src/cli/${folder}/command.ts`, import.meta.url)),
);

const ROWS = {
  src: [
    ["cli"],
    ["onnx", "tfjs", "workerd"],
    ["index"], // exports load() among the rest
    ["load"],
    ["training", "diagnosis"],
    ["layers"],
    ["statistics", "conversion"],
    ["plan"],
    ["tensor"],
    ["engine", "text"],
    ["numerics"],
    ["checks"],
    ["abi", "random"],
  ],
  "src/cli": [
    ["main"],
    ["run"],
    commands,
    ["models"],
    ["diagnosed"],
    ["workers"],
    ["files", "report"],
    ["terminal", "version"],
  ],
  assembly: [
    ["modules"],
    ["diagnosis", "gradients"],
    ["emulated", "native"],
    ["norms"], // a norm rounds its terms, and knows how they are reduced
    ["formats", "reductions", "tensors"],
    ["lanes"], // its constants stand in the one map of memory
    ["preconditions"], // assertions of the checked build
    ["memory"],
  ],
  site: [["main", "vite"], ["page"], ["worker"], ["shared", "assets"]],
  bench: [["main"], ["cases", "paper", "peers", "results", "soak"], ["baselines", "first-result"], ["harness"]],
};

/** What the command line and the layers for TensorFlow.js, which are built apart, have their own copies of. */
const STATELESS =
  "^src/(abi/|checks/|diagnosis/(?:bits|company|division|grouping|words)[.]ts$|layers/axes[.]ts$|numerics/|onnx/runtimes[.]ts$|plan/walk[.]ts$|random[.]ts$|tensor/shape[.]ts$|text/)";

const pattern = (folder, parts) => `^${folder}/(${parts.join("|")})(?:/|[.][a-z.]+$)`;

const rule = (name, from, to, more) => ({ name, severity: "error", from, to, ...more });

function rulesOf([folder, rows]) {
  const strangers = { path: `^${folder}/`, pathNot: pattern(folder, rows.flat()) };
  const name = `${folder}: which row?`;
  return [
    ...rows.map((row, at) =>
      rule(
        `${folder}: from lower rows only`,
        { path: pattern(folder, row) },
        { path: pattern(folder, rows.slice(0, at + 1).flat()), pathNot: `^${folder}/$1(?:/|[.][a-z.]+$)` },
      ),
    ),
    rule(name, strangers, {}),
    rule(name, {}, strangers),
  ];
}

export default {
  forbidden: [
    ...Object.entries(ROWS).flatMap(rulesOf),
    rule("src stands by itself", { path: "^src/" }, { pathNot: "^src/", dependencyTypes: ["local"] }),
    rule(
      "there is one engine: the package's",
      { path: "^src/(cli|onnx|tfjs)/" },
      { path: "^src/", pathNot: ["^src/($1/|index[.]ts$|onnx/index[.]ts$)", STATELESS] },
    ),
    rule("what there are copies of has no engine", { path: STATELESS }, { path: "^src/engine/", reachable: true }),
    rule("of src, assembly imports the contract alone", { path: "^assembly/" }, { pathNot: "^(assembly|src/abi)/" }),
    rule("bench measures what is built", { path: "^bench/" }, { path: "^(assembly|examples|src|test)/" }),
    rule(
      "site takes the package, and of src what knows no machine",
      { path: "^site/" },
      { path: "^src/", pathNot: [STATELESS, "^src/cli/(diagnosed|files|models|report|terminal)/"] },
    ),
    rule("nothing imports the site", { pathNot: "^(site|test/site)/" }, { path: "^site/" }),
    rule("nothing imports tests", { pathNot: "^test/" }, { path: "^test/" }),
    rule(
      "the oracle knows nothing of what it judges",
      { path: "^test/oracle/[^.]+[.]ts$" },
      { path: "^(assembly|dist|src)/", reachable: true },
    ),
    rule("no circles of files", {}, { circular: true }),
    rule("no circles of folders", { path: "^(assembly|bench|site|src)" }, { circular: true }, { scope: "folder" }),
    // src/workerd.ts names the module by the place that it has in dist/
    rule("imports lead somewhere", {}, { couldNotResolve: true, path: "^[.]", pathNot: "^[.]/halfnorm[.]wasm$" }),
  ],
  options: {
    tsPreCompilationDeps: true, // before the compiler has dropped the types
    detectJSDocImports: true,
    doNotFollow: { path: "(^|/)(dist|node_modules)/" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js", ".json"] },
  },
};
