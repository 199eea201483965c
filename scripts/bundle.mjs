/**
 * Writes what dist/ has: few files, since Node takes as long for the reading of each as for ten thousand characters of program.
 *
 * - dist/layers.js and dist/index.js, what both have being in dist/core.js: for bundlers, and for pages without one;
 * - dist/node/, the same for Node and its like, made to be read fast (node-build.mjs);
 * - dist/halfnorm.min.js, the whole with the loader in it, minified, for pages and workers without a bundler;
 * - dist/load.js and dist/workerd.js, which embed no module, with dist/given.js, what they share;
 * - dist/cli/, the command line, in pieces that are loaded when they are needed;
 * - dist/tfjs/ and dist/onnx/, and the JSON Schema;
 * - dist/abi/kernels.js, the table of kernels, for the benchmark; it is not part of the package.
 *
 * The texts of the modules stand behind everything else in a file: gzip has codes for a stretch of the file at a time, and those of
 * program text and of module text have nothing in common. A bundle of batchNorm is 350 bytes less for it.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";
import { withClassNames } from "./class-names.mjs";
import { licencesOf, packageOf } from "./licences.mjs";
import { buildForNode } from "./node-build.mjs";

const rootUrl = new URL("..", import.meta.url);
const root = fileURLToPath(rootUrl);
const manifest = JSON.parse(readFileSync(new URL("package.json", rootUrl), "utf8"));
// of ASCII alone: a single character beyond Latin makes an engine keep the whole file in twice the bytes
const options = { format: "esm", target: "es2022", charset: "ascii", logLevel: "warning" };

const GENERATED = /\/(\w+)\.generated\.[jt]s$/;
const CORE = "core";

/** The program of a generated file, by the name of its part. */
const generated = (part) => readFileSync(new URL(`../src/engine/${part}.generated.ts`, import.meta.url), "utf8");

/** Leaves only names in the place of the generated files. */
const moduleLast = {
  name: "module-last",
  setup(build) {
    build.onLoad({ filter: GENERATED }, ({ path }) => {
      const part = GENERATED.exec(path)[1];
      return { contents: `const ${part}Bytes_ = () => ${part}Bytes();\nexport { ${part}Bytes_ as ${part}Bytes };` };
    });
  },
};

/** Puts the texts of the parts that a file names behind it. What decodes them stands with the core. */
function withModules(file) {
  const { path } = file;
  const text = withClassNames(file.text);
  const parts = [...text.matchAll(/^var (\w+)Bytes_ = \(\) => /gm)].map(([, part]) => part);
  const [map] = text.match(/^\/\/# sourceMappingURL=.*\n$/m);
  const footer = parts.map((part) => {
    const { code } = transformSync(generated(part), { ...options, loader: "ts" });
    return code.replace(/^import .*\n/m, "").replace(/^export \{[^}]*\};\n/m, "");
  });
  const decoder = parts.includes(CORE) ? "export { decoded };\n" : `import { decoded } from "./${CORE}.js";\n`;
  writeFileSync(path, text.replace(map, "") + (parts.length ? footer.join("") + decoder : "") + map);
}

const common = {
  ...options,
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  packages: "external",
  sourcemap: true,
  minifySyntax: true, // puts the numbers of src/abi/plan.ts in their places, which bundlers do not
};
/** What can be imported: everything, and the layers alone. */
const ENTRIES = ["src/index.ts", "src/layers.ts"];
const split = { splitting: true, chunkNames: CORE };
const whole = await build({
  ...common,
  ...split,
  entryPoints: ENTRIES,
  plugins: [moduleLast],
  write: false,
  metafile: true,
});
for (const file of whole.outputFiles) {
  if (file.path.endsWith(".map")) writeFileSync(file.path, file.contents);
  else withModules(file);
}
await build({ ...common, entryPoints: ["src/abi/kernels.ts"], outbase: "src" });
const forNode = await buildForNode({ ...common, ...split, entryPoints: ENTRIES }, GENERATED);

/** The module comes from outside: from the caller of load(), or from the file beside dist/workerd.js. */
const moduleGiven = {
  name: "module-given",
  setup(build) {
    build.onResolve({ filter: GENERATED }, () => ({ path: join(root, "src/engine/given.ts") }));
    build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
  },
};
const given = await build({
  ...common,
  entryPoints: ["src/load.ts", "src/workerd.ts"],
  splitting: true,
  chunkNames: "given",
  plugins: [moduleGiven],
  write: false,
});
for (const { path, text } of given.outputFiles)
  writeFileSync(path, path.endsWith(".map") ? text : withClassNames(text));
// in Cloudflare's workers, the layers are those of the whole
const names = whole.metafile.outputs["dist/layers.js"].exports.join(", ");
writeFileSync(new URL("dist/workerd-layers.js", rootUrl), `export { ${names} } from "./workerd.js";\n`);

const minified = await build({
  ...common,
  entryPoints: { "halfnorm.min": "dist/index.js" },
  packages: "bundle",
  minify: true,
  sourcemap: false,
  legalComments: "none",
  banner: {
    js: `/* halfnorm ${manifest.version}, MIT; contains @assemblyscript/loader, Apache-2.0: see LICENSES.txt */`,
  },
  metafile: true,
});

const schema = await build({ ...common, entryPoints: ["src/diagnosis/schema.ts"], sourcemap: false, write: false });
const { schemaText } = await import(`data:text/javascript,${encodeURIComponent(schema.outputFiles[0].text)}`);
writeFileSync(
  new URL("../dist/diagnosis.schema.json", import.meta.url),
  schemaText(readFileSync(new URL("../src/diagnosis.schema.json", import.meta.url), "utf8")),
);

/** The command line and the layers for TensorFlow.js take the package as it is: there is one engine. */
const entry = join(root, "src/index.js");
const onnxEntry = join(root, "src/onnx/index.js");
const packageOutside = (path, onnxPath) => ({
  name: "package-outside",
  setup(build) {
    build.onResolve({ filter: /\/index\.js$/ }, (asked) => {
      const file = join(asked.resolveDir, asked.path);
      if (file === entry) return { path, external: true };
      return onnxPath && file === onnxEntry ? { path: onnxPath, external: true } : undefined;
    });
  },
});
// by its name, which is another file in Cloudflare's workers
const outside = packageOutside(manifest.name);
await build({ ...common, entryPoints: ["src/tfjs/index.ts"], outdir: "dist/tfjs", plugins: [outside] });
// what reads models comes with it
const onnx = await build({
  ...common,
  entryPoints: ["src/onnx/index.ts"],
  outdir: "dist/onnx",
  packages: "bundle",
  external: [manifest.name],
  legalComments: "none",
  define: { process: "undefined" }, // which a reader of Protocol Buffers asks for a setting of its own
  plugins: [outside],
  metafile: true,
});

/** Of the commands that work in threads. */
const workers = Object.fromEntries(
  readdirSync(new URL("src/cli", rootUrl))
    .filter((command) => existsSync(new URL(`src/cli/${command}/worker.ts`, rootUrl)))
    .map((command) => [`${command}-worker`, `src/cli/${command}/worker.ts`]),
);

/** What is loaded together. Pages, archives and models are loaded when they are needed. */
const COMMAND = /^src\/cli\/\w+\/command\.ts$/;
/**
 * Makes one file of them: what two commands have in common would be a file of its own, what two others have another one, and so
 * forth, and the reading of forty files takes longer than that of one with all. What is loaded later takes it for granted, so that
 * what it has in common with commands is in that file as well.
 */
const commandsTogether = {
  name: "commands-together",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = relative(root, join(resolveDir, path)).replace(/\.js$/, ".ts");
      if (!file.startsWith("src/cli/")) return undefined;
      return COMMAND.test(file) ? { path: "commands", namespace: "together" } : { path: file, namespace: "later" };
    });
    build.onResolve({ filter: /^commands$/ }, () => ({ path: "commands", namespace: "together" }));
    build.onLoad({ filter: /^/, namespace: "together" }, () => {
      const files = readdirSync(new URL("src/cli", rootUrl), { recursive: true }).map((path) => `src/cli/${path}`);
      const own = files.filter((path) => COMMAND.test(path));
      return { contents: own.map((path) => `export * from "./${path}";`).join("\n"), resolveDir: root };
    });
    build.onLoad({ filter: /^/, namespace: "later" }, ({ path }) => ({
      contents: `export * from "./${path}";\nexport * as commands from "commands";`,
      resolveDir: root,
    }));
  },
};

rmSync(new URL("dist/cli", rootUrl), { recursive: true, force: true }); // pieces have other names every time
/** The command line, and apart from it what threads load, which is a file for each. */
const commandLine = await Promise.all(
  [
    { entryPoints: { halfnorm: "src/cli/main.ts" }, splitting: true, plugins: [commandsTogether] },
    { entryPoints: { ...workers, thread: "src/cli/workers/thread.ts" }, splitting: false, plugins: [] },
  ].map(({ entryPoints, splitting, plugins }) =>
    build({
      ...common,
      entryPoints,
      outdir: "dist/cli",
      platform: "node",
      splitting,
      chunkNames: "[name]-[hash]",
      plugins: [packageOutside("../node/index.js", "../onnx/index.js"), ...plugins],
      // what the command line is made with comes with it, so that those who only compute install none of it
      packages: "bundle",
      external: Object.keys(manifest.dependencies),
      minifyWhitespace: true,
      legalComments: "none",
      sourcemap: false,
      metafile: true,
      // packages that are not modules yet ask for Node's own by require()
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    }),
  ),
);

/** The licences of what came with the command line, with models, with the build for Node and with the minified file. */
const inputs = [...commandLine.map(({ metafile }) => metafile), onnx.metafile, minified.metafile, forNode].flatMap(
  ({ inputs }) => Object.keys(inputs),
);
writeFileSync(new URL("dist/LICENSES.txt", rootUrl), licencesOf(inputs.map(packageOf)));
