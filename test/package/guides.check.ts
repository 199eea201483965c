// The README and the guides in docs/ as their readers follow them: an empty folder, the package as it is packed, block after block.
// What is shown as output is what is printed. Bundlers and runtimes have a check of their own.

import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { compile, TSC, TYPE_ROOTS } from "./compile.js";
import { asShown, blocksOf, environment, outputOfBlock, ROOT } from "./guide.js";
import { Tools } from "./tools.js";

const [consumer, peers, tools] = [inject("consumer"), inject("peers"), inject("tools")];
const APART = ["bundlers-and-runtimes.md", "kernels.md"];
const GUIDES = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md") && !APART.includes(name));

/** A published model, which one of the guides tries. */
const MODELS = "openwakeword-js";
if (tools) symlinkSync(new Tools(tools).script(MODELS), join(peers, "node_modules", MODELS));

describe.each(["README.md", ...GUIDES.map((name) => `docs/${name}`)])("%s", (path) => {
  const blocks = blocksOf(path);
  const text = blocks.map(({ code }) => code).join("");
  const project = /@tensorflow\/|onnxruntime/.test(text) ? peers : consumer;
  const folder = join(project, path.replaceAll(/\W/g, "-"));
  mkdirSync(folder);
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const env = environment(folder, [join(project, "node_modules", ".bin")]);
  const programs = blocks.filter(({ file, language }) => file !== undefined || /^(sh|js|ts)$/.test(language));

  describe.skipIf(programs.length === 0 || (text.includes(MODELS) && !tools))("line by line", () => {
    it.each(programs.map((block) => [block.line, block] as const))("line %i does what it says", async (_, block) => {
      const printed = await outputOfBlock(block, folder, env);
      // a program whose output is not shown has none; of commands, what readers may find out for themselves is left out
      const shown = block.output ?? (block.language === "sh" ? "..." : "");
      if (printed !== undefined) expect(printed).toMatch(shown === "" ? /^$/ : asShown(shown));
    });
  });

  const scripts = programs.filter(({ language }) => language === "js" || language === "ts");
  it.skipIf(scripts.length === 0)("has programs that compile under strict", async () => {
    const files = Object.fromEntries(scripts.map(({ line, code }) => [`line-${line}.ts`, code]));
    const options = {
      lib: ["es2022", "esnext.disposable", "dom"],
      module: "nodenext",
      typeRoots: TYPE_ROOTS,
      types: ["node"],
      // of JavaScript, which says no types of its own
      noImplicitAny: false,
      useUnknownInCatchVariables: false,
      skipLibCheck: project === peers,
    };
    expect(await compile(TSC, folder, "compiled", files, options)).toBe("");
  });
});
