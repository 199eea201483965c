// Tests as a script for a page: of the package as it is built, with what they read from files within it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const at = (path: string): string => join(ROOT, path);

const places: Plugin = {
  name: "places",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: at("test/site/in-page/vitest.ts") }));
    onResolve({ filter: /\/index\.js$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path) === at("src/index.js") ? { path: at("dist/index.js") } : undefined,
    );
    // the only file that they read
    onResolve({ filter: /^node:fs$/ }, () => ({ path: "fixtures", namespace: "fixtures" }));
    onLoad({ filter: /./, namespace: "fixtures" }, () => ({
      contents: `export const readFileSync = () => ${JSON.stringify(readFileSync(at("test/fixtures/float16-hardware.json"), "utf8"))};`,
    }));
  },
};

/** @param source Of a module in test/site. */
export async function bundled(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: at("test/site"), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    ignoreAnnotations: true, // package.json says that nothing has side effects, which tests are made of
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"test"' },
    // where the fixture is said to be does not matter
    banner: { js: "globalThis.process ??= { env: {} };" },
    plugins: [places],
  });
  return outputFiles[0].text;
}
