/**
 * Writes the binary interface of the kernels from what declares it, src/abi/ and the signatures in assembly/: docs/halfnorm.h, for
 * hosts in C, and the tables between the marks of docs/abi.md. With --check it writes nothing, and exits with 1 where a file is
 * another one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const root = new URL("..", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const parsed = (path) => ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);

/** The values of the exported constants of a file. */
async function valuesOf(path) {
  const entryPoints = [fileURLToPath(new URL(path, root))];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Doc comments as one line, without their links. */
const documented = (node) =>
  (ts.getJSDocCommentsAndTags(node) ?? [])
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .join(" ")
    .replaceAll(/\s+/g, " ");

/**
 * Exported constants in sections, and in each in rows: what stands below one comment, without an empty line between, is of one row.
 */
async function sectionsOf(path) {
  const source = parsed(path);
  const values = await valuesOf(path);
  const sections = [{ title: "", rows: [] }];
  for (const statement of source.statements) {
    const before = source.text.slice(statement.pos, statement.getStart(source));
    const title = /^\/\/ (?:--- )?(.*?)(?: -+)?$/m.exec(before)?.[1];
    if (title) sections.push({ title: title[0].toUpperCase() + title.slice(1), rows: [] });
    if (!ts.isVariableStatement(statement) || !statement.modifiers) continue;
    const about = documented(statement);
    const { rows } = sections.at(-1);
    const apart = about !== "" || title !== undefined || /\n\s*\n/.test(before);
    const row = apart || !rows.length ? { about, constants: [] } : rows.at(-1);
    if (row !== rows.at(-1)) rows.push(row);
    for (const { name } of statement.declarationList.declarations) {
      row.constants.push({ name: name.text, value: values[name.text] });
    }
  }
  return sections.filter(({ rows }) => rows.length);
}

const TYPES = { i32: "i32", u32: "i32", usize: "i32", bool: "i32", f64: "f64", void: "" };

/** The functions that a part exports, as assembly/ declares them, by name. */
function signaturesOf(part) {
  const path = `assembly/modules/${part}.ts`;
  const found = new Map();
  for (const { exportClause, moduleSpecifier } of parsed(path).statements) {
    const { pathname } = new URL(`${moduleSpecifier.text}.ts`, new URL(path, "file:///"));
    const functions = parsed(pathname.slice(1)).statements.filter(ts.isFunctionDeclaration);
    for (const { name } of exportClause.elements) {
      const { parameters, type } = functions.find((each) => each.name.text === name.text);
      found.set(name.text, {
        parameters: parameters.map((each) => TYPES[each.type.getText()]),
        result: TYPES[type.getText()],
      });
    }
  }
  return found;
}

/** The kernels of each part: names and words from src/abi/kernels.ts, types from assembly/. */
function kernels() {
  const declared = parsed("src/abi/kernels.ts").statements.filter(ts.isInterfaceDeclaration);
  const parts = declared.find(({ name }) => name.text === "Parts").members;
  return parts.map((part) => {
    const signatures = signaturesOf(part.name.text);
    const { members } = declared.find(({ name }) => name.text === part.type.getText());
    const functions = members.map((member) => {
      const { parameters, result } = signatures.get(member.name.text);
      const given = member.parameters.map(({ name }, i) => `${name.text}: ${parameters[i]}`);
      if (given.length !== parameters.length) throw new Error(`${member.name.text} has other parameters in assembly/`);
      return {
        call: `${member.name.text}(${given.join(", ")})${result && `: ${result}`}`,
        about: documented(member),
      };
    });
    return { part: part.name.text, functions };
  });
}

const table = (titles, rows) =>
  [titles, titles.map(() => "---"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");

const constants = (sections) =>
  sections
    .map(({ title, rows }) => {
      const lines = rows.map(({ about, constants }) => [
        constants.map(({ name }) => `\`${name}\``).join(", "),
        constants.map(({ value }) => `${value}`).join(", "),
        about,
      ]);
      return `${title ? `**${title}**\n\n` : ""}${table(["name", "value", "what"], lines)}`;
    })
    .join("\n\n");

const [plan, report] = [await sectionsOf("src/abi/plan.ts"), await sectionsOf("src/abi/report.ts")];
const tables = {
  kernels: kernels()
    .map(({ part, functions }) => {
      const rows = functions.map(({ call, about }) => [`\`${call}\``, about]);
      return `**The part \`${part}\`**\n\n${table(["export", "what"], rows)}`;
    })
    .join("\n\n"),
  plan: constants(plan),
  report: constants(report),
};

const manual = read("docs/abi.md").replaceAll(
  /(<!-- (\w+): written by npm run abi:write -->\n).*?(<!-- end of \2 -->)/gs,
  (_, begin, name, end) => `${begin}\n${tables[name]}\n\n${end}`,
);

const define = ({ name, value }) => `#define HALFNORM_${name} ${value < 0 ? `(${value})` : value}`;
const header = `/* The binary interface of halfnorm.wasm, which docs/abi.md describes. Written by npm run abi:write. */

#ifndef HALFNORM_H
#define HALFNORM_H

${[...plan, ...report]
  .map(({ title, rows }) => {
    const lines = rows.flatMap(({ about, constants }) => [
      ...(about ? [`/* ${about} */`] : []),
      ...constants.map(define),
    ]);
    return [...(title ? [`/* --- ${title} --- */`, ""] : []), ...lines].join("\n");
  })
  .join("\n\n")}

#endif
`;

for (const [path, text] of Object.entries({ "docs/abi.md": manual, "docs/halfnorm.h": header })) {
  const url = new URL(path, root);
  const current = (() => {
    try {
      return readFileSync(url, "utf8");
    } catch {
      return undefined;
    }
  })();
  if (current === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not what src/abi/ says: npm run abi:write writes it anew`);
    process.exitCode = 1;
  } else writeFileSync(url, text);
}
