// Documents in Markdown as programs: the blocks of code in them, what each is said to print, and how one is run as its readers would.

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Block {
  /** The line of the document that it begins in. */
  line: number;
  /** The heading of the second level that it stands under. */
  section: string;
  language: string;
  code: string;
  /** The file that it is: the last line before it is its name in backquotes and a colon. */
  file?: string;
  /** What it prints: what stands behind "// →" in it, or a block of text that follows it. Lines "..." stand for any. */
  output?: string;
}

const SHOWN = /\/\/ → (.*)$/gm;

/** The blocks of a document, in its order. */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  let [section, before] = ["", ""];
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [, fence, language] = /^(`{3,})(\S*)/.exec(lines[i]) ?? [];
    if (fence) {
      const end = lines.indexOf(fence, i + 1);
      const code = `${lines.slice(i + 1, end).join("\n")}\n`;
      const last = blocks.at(-1);
      if (language === "text") {
        if (!last || last.output !== undefined) throw new Error(`${path}:${i + 1}: whose output is this?`);
        last.output = code.trimEnd();
      } else {
        const [, file] = /^`([\w./-]+)`:$/.exec(before) ?? [];
        const shown = [...code.matchAll(SHOWN)].map(([, text]) => text.trimEnd());
        blocks.push({
          line: i + 1,
          section,
          language,
          code,
          file,
          output: shown.length ? shown.join("\n") : undefined,
        });
      }
      i = end;
      before = "";
    } else if (lines[i].trim()) before = lines[i].trim();
    section = /^## (.*)/.exec(lines[i])?.[1] ?? section;
  }
  return blocks;
}

const quoted = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");

/** What a test compares with: lines, of which "..." stand for any number of others. */
export function asShown(output: string): RegExp {
  const lines = output
    .split("\n")
    .map((line) => (line.trim() === "..." ? "(?:.*\\n)*?" : `${quoted(line.trimEnd())} *\\n`));
  return new RegExp(`^${lines.join("")}\\s*$`);
}

/** What readers install is there already, and what they fetch comes from this tree; programs are those of the folders given. */
const SHIMS = {
  npm: 'case "$1" in install|init|pkg|ci|run|start|test) exit 0;; *) echo "npm $1 is not known here" >&2; exit 1;; esac',
  npx: 'exec "$@"',
  curl: `for url; do :; done; cp "${ROOT}/\${url#https://raw.githubusercontent.com/halfnorm/halfnorm/main/}" .`,
};

/** The environment in which the commands of a document run. */
export function environment(folder: string, programs: readonly string[], others: Record<string, string> = {}) {
  const shims = join(folder, ".shims");
  mkdirSync(shims, { recursive: true });
  for (const [name, source] of Object.entries({ ...SHIMS, ...others })) {
    writeFileSync(join(shims, name), `#!/bin/sh\n${source}\n`);
    chmodSync(join(shims, name), 0o755);
  }
  const path = [shims, ...programs, process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, COLUMNS: "110", NO_COLOR: "1" };
}

const run = promisify(execFile);

/** Writes a block that is a file, runs one that is a program or a list of commands, and gives what was printed. */
export async function outputOfBlock(block: Block, folder: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { code, file, language, line } = block;
  const limits = { cwd: folder, env, timeout: 100_000, killSignal: "SIGKILL" } as const;
  if (file !== undefined) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
    return undefined;
  }
  if (language === "sh") return (await run("sh", ["-e", "-c", code], limits)).stdout;
  if (language !== "js" && language !== "ts") return undefined;
  const name = join(folder, `line-${line}.mjs`);
  const loader = language; // what is called JavaScript is that: readers copy it
  const plain = await transform(code, { loader, target: "es2022", format: "esm" }); // Node 20 knows no `using`
  writeFileSync(name, plain.code);
  return (await run(process.execPath, [name], limits)).stdout;
}
