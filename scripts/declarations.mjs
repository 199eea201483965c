/**
 * Takes from dist/ the declarations that nothing leads to which can be imported: those of engines and plans would only be in the
 * way of old compilers. And puts the one of the .wasm file beside it.
 */
import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const ENTRIES = ["index.d.ts", "layers.d.ts", "load.d.ts", "tfjs/index.d.ts", "onnx/index.d.ts", "abi/kernels.d.ts"];

/** A file and those that it imports, and those that they import. */
function follow(path, found) {
  if (found.has(path)) return;
  found.add(path);
  for (const [, to] of readFileSync(path, "utf8").matchAll(/\b(?:from |import\()"(\.[^"]+)\.js"/g)) {
    follow(`${join(dirname(path), to)}.d.ts`, found);
  }
}

const found = new Set();
for (const entry of ENTRIES) follow(join(dist, entry), found);
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name);
  if (name.endsWith(".d.ts") && !found.has(path)) rmSync(path);
}
copyFileSync(join(dist, "../src/halfnorm.d.wasm.ts"), join(dist, "halfnorm.wasm.d.ts"));
