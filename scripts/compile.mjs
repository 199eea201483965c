/**
 * Compiles the modules side by side: the decoder of their texts, each part, and all parts in one.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const asc = fileURLToPath(new URL("../bin/asc.js", import.meta.resolve("assemblyscript/asc")));
const cwd = fileURLToPath(new URL("..", import.meta.url));

/** Entry and target of asconfig.json. */
const MODULES = [
  ["decode", "decode"],
  ["core", "core"],
  ["diagnosis", "diagnosis"],
  ["training", "training"],
  ["index", "whole"],
];

const compile = ([entry, target]) =>
  new Promise((resolve, reject) => {
    const args = [asc, `assembly/${entry}.ts`, "--target", target];
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.on("data", (text) => {
      messages += text;
    });
    child.on("close", (code) => (code ? reject(new Error(`asc ${entry}: exit ${code}\n${messages}`)) : resolve()));
  });

await Promise.all(MODULES.map(compile));
