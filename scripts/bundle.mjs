/**
 * Writes dist/index.js, one file for all of src/: Node reads one file in a sixth of the time that it takes for two dozen. And
 *
 * - dist/halfnorm.min.js, the same with the loader in it, minified, for pages and workers without a bundler;
 * - dist/load.js and dist/workerd.js, which embed no module, with dist/given.js, what they share;
 * - dist/cli/, the command line, in pieces that are loaded when they are needed;
 * - dist/tfjs/ and dist/onnx/, and the JSON Schema;
 * - dist/abi/kernels.js, the table of kernels, for the benchmark; it is not part of the package.
 *
 * The texts of the modules stand behind everything else: gzip has codes for a stretch of the file at a time, and those of
 * program text and of module text have nothing in common. A bundle of batchNorm is 350 bytes less for it.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";

const rootUrl = new URL("..", import.meta.url);
const root = fileURLToPath(rootUrl);
const manifest = JSON.parse(readFileSync(new URL("package.json", rootUrl), "utf8"));
const options = { format: "esm", target: "es2022", charset: "utf8", logLevel: "warning" };

const generated = readFileSync(new URL("../src/engine/wasm.generated.ts", import.meta.url), "utf8");
const names = [...generated.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);

/** Leaves only names in the place of src/engine/wasm.generated.ts. */
const moduleLast = {
  name: "module-last",
  setup(build) {
    build.onLoad({ filter: /wasm\.generated\.ts$/ }, () => ({
      contents: names.map((name) => `const ${name}_ = () => ${name}();\nexport { ${name}_ as ${name} };\n`).join(""),
    }));
  },
};
const footer = transformSync(generated.replaceAll("export function", "function"), { ...options, loader: "ts" }).code;

const common = {
  ...options,
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  packages: "external",
  sourcemap: true,
  minifySyntax: true, // puts the numbers of src/abi/plan.ts in their places, which bundlers do not
};
await build({ ...common, entryPoints: ["src/index.ts"], plugins: [moduleLast], footer: { js: footer } });
await build({ ...common, entryPoints: ["src/abi/kernels.ts"], outbase: "src" });

/** The module comes from outside: from the caller of load(), or from the file beside dist/workerd.js. */
const moduleGiven = {
  name: "module-given",
  setup(build) {
    build.onResolve({ filter: /\/wasm\.generated\.js$/ }, () => ({ path: join(root, "src/engine/wasm.given.ts") }));
    build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
  },
};
await build({
  ...common,
  entryPoints: ["src/load.ts", "src/workerd.ts"],
  splitting: true,
  chunkNames: "given",
  plugins: [moduleGiven],
});

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

rmSync(new URL("dist/cli", rootUrl), { recursive: true, force: true }); // pieces have other names every time
const { metafile } = await build({
  ...common,
  entryPoints: {
    halfnorm: "src/cli/main.ts",
    ...workers,
    thread: "src/cli/workers/thread.ts",
  },
  outdir: "dist/cli",
  platform: "node",
  splitting: true,
  chunkNames: "[name]-[hash]",
  plugins: [packageOutside("../index.js", "../onnx/index.js")],
  // what the command line is made with comes with it, so that those who only compute install none of it
  packages: "bundle",
  external: Object.keys(manifest.dependencies),
  minifyWhitespace: true,
  legalComments: "none",
  sourcemap: false,
  metafile: true,
  // packages that are not modules yet ask for Node's own by require()
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});

/** The licences of what came with the command line, with models and with the minified file. */
const packages = new Set(
  [metafile, onnx.metafile, minified.metafile].flatMap(({ inputs }) =>
    Object.keys(inputs).flatMap((path) => /^(?:.*node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[0] ?? []),
  ),
);
const licences = [...packages].sort().map((folder) => {
  const file = readdirSync(new URL(folder, rootUrl)).find((name) => /^licen[cs]e/i.test(name));
  const { name, version, license } = JSON.parse(readFileSync(new URL(`${folder}package.json`, rootUrl), "utf8"));
  const text = file ? readFileSync(new URL(folder + file, rootUrl), "utf8").trim() : `License: ${license}`;
  return `${name} ${version}\n\n${text}\n`;
});
writeFileSync(new URL("dist/LICENSES.txt", rootUrl), licences.join(`\n${"-".repeat(80)}\n\n`));
