/**
 * dist/node/: the package as Node reads it fastest. Nobody downloads it into a page, so that its size is nothing beside its speed:
 *
 * - the loader is in it, one file less to find and to read;
 * - the modules are in base64, which Node decodes itself, in place of a text that gzip makes less of (embed.mjs);
 * - names are shorter and there is no white space: engines read every character of a file before they run any of it. Names
 *   of functions and classes stay, for stacks and for what is printed of an object;
 * - the tables of kernels are JSON, which is read in a fifth of the time of the program that makes them.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build, transform } from "esbuild";
import { minify } from "terser";
import { withClassNames } from "./class-names.mjs";

const base64 = (part) => readFileSync(new URL(`../build/${part}.wasm`, import.meta.url), "base64");

/**
 * @param {import("esbuild").BuildOptions} options of the build for all others
 * @param {RegExp} generated paths of the generated files, by the name of the part
 */
export async function buildForNode(options, generated) {
  const inBase64 = {
    name: "in-base64",
    setup(build) {
      build.onLoad({ filter: generated }, ({ path }) => {
        const part = generated.exec(path)[1];
        return {
          contents: `import { bytesOf } from "./base64.js";
            const TEXT = "${base64(part)}";
            export const ${part}Bytes = () => bytesOf(TEXT);`,
        };
      });
    },
  };
  const asJson = {
    name: "as-json",
    setup(build) {
      build.onLoad({ filter: /\/numerics\/kernel(?:s|-details)\.ts$/ }, async ({ path }) => {
        const { code } = await transform(readFileSync(path, "utf8"), { loader: "ts", format: "esm" });
        const made = Object.entries(await import(`data:text/javascript,${encodeURIComponent(code)}`));
        const exported = made.map(([name, value]) => {
          const text = JSON.stringify(JSON.stringify(value));
          return `export const ${name} = /* @__PURE__ */ frozenJson(${text});`;
        });
        return { contents: `import { frozenJson } from "../checks/frozen-json.js";\n${exported.join("\n")}` };
      });
    },
  };
  const { outputFiles, metafile } = await build({
    ...options,
    outdir: "dist/node",
    packages: "bundle",
    legalComments: "none",
    plugins: [inBase64, asJson],
    write: false,
    metafile: true,
  });
  const scripts = outputFiles.filter(({ path }) => path.endsWith(".js"));
  // what is exported has its name where it is made
  const reserved = Object.values(metafile.outputs).flatMap(({ entryPoint, exports }) => (entryPoint ? exports : []));
  for (const { path, text } of scripts) {
    const content = outputFiles.find((file) => file.path === `${path}.map`).text;
    const { code, map } = await minify(withClassNames(text), {
      module: true,
      compress: false,
      format: { ascii_only: true },
      mangle: { keep_classnames: true, keep_fnames: true, reserved },
      sourceMap: { content, filename: basename(path), url: `${basename(path)}.map`, includeSources: true },
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    writeFileSync(`${path}.map`, map);
  }
  return metafile;
}
