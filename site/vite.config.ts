// How the page is built: of the package as it is built, and of the parts of the command line that run anywhere.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { licencesOf, packageOf } from "../scripts/licences.mjs";
import { SAMPLES } from "./shared/samples.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const at = (path: string): string => join(ROOT, path);

/** What stands for what: there is one engine, the package's, and a page has a document of its own. */
const PLACES: Readonly<Record<string, string>> = {
  halfnorm: at("dist/index.js"),
  "halfnorm/onnx": at("dist/onnx/index.js"),
  [at("src/index.js")]: at("dist/index.js"),
  [at("src/onnx/index.js")]: at("dist/onnx/index.js"),
  [at("src/cli/report/document.js")]: at("site/page/document.ts"),
};

function places(): Plugin {
  return {
    name: "halfnorm-places",
    enforce: "pre",
    resolveId(source, importer) {
      if (source.startsWith("node:")) throw new Error(`${importer} takes ${source}, which no page has`);
      const path = source.startsWith(".") && importer ? join(dirname(importer), source) : source;
      return PLACES[path] ?? null;
    },
  };
}

/** Parts of D3 that Plot has for maps, for colours by name and for dates, and its legends: none is drawn here, and they are a fifth. */
const UNUSED =
  /\/node_modules\/(d3-geo|d3-scale-chromatic|d3-time-format|@observablehq\/plot\/src\/legends)\/.*\.m?js$/;

function withoutMaps(): Plugin {
  return {
    name: "halfnorm-without-maps",
    async load(id) {
      if (!UNUSED.test(id)) return null;
      const names = Object.keys(await import(id));
      const stubs = names.map((name) => `export const ${name} = () => () => "";`);
      return { code: stubs.join("\n"), moduleSideEffects: false };
    },
  };
}

/** The samples, beside the scripts. */
function samples(): Plugin {
  const files = Object.values(SAMPLES).map(({ file }) => file);
  return {
    name: "halfnorm-samples",
    generateBundle() {
      for (const file of files) {
        this.emitFile({ type: "asset", fileName: `samples/${file}`, source: readFileSync(at(`samples/${file}`)) });
      }
    },
  };
}

/** Packages in the scripts of the page and of its worker, which is built before the page is. */
const packages = new Set<string | undefined>();

function packagesOfScripts(): Plugin {
  return {
    name: "halfnorm-packages",
    moduleParsed({ id }) {
      packages.add(packageOf(id));
    },
  };
}

/** Their licences, beside the scripts, and those of what the package has in it. */
function licences(): Plugin {
  return {
    name: "halfnorm-licences",
    generateBundle() {
      const source = licencesOf(packages, readFileSync(at("dist/LICENSES.txt"), "utf8"));
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source });
    },
  };
}

if (!existsSync(at("dist/index.js"))) throw new Error("dist/ is not there: npm run build comes first");

export default defineConfig({
  root: at("site"),
  base: "./",
  plugins: [places(), withoutMaps(), samples(), packagesOfScripts(), licences()],
  build: {
    outDir: at("site/dist"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  worker: { format: "es", plugins: () => [places(), withoutMaps(), packagesOfScripts()] },
  preview: { port: 4173 },
});
