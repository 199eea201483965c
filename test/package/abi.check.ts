// The kernels without JavaScript: host.cpp beside this, which knows them by docs/abi.md alone, runs the module of the package in another
// engine, the interpreter of WABT (Debian: wabt), and what it computes is what half-precision hardware did, to the bit.

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { hardwareCases } from "../support/hardware.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const compiler = process.env.CXX ?? "g++";
const { status } = spawnSync(compiler, ["-std=c++17", "-x", "c++", "-fsyntax-only", "-"], {
  input: "#include <wabt/interp/interp.h>\n",
});
const missing = status !== 0;
if (missing && !process.env.CI) console.warn("The kernels are not tried without JavaScript: no g++, or no wabt");

describe.skipIf(missing && !process.env.CI)("a host in C++", () => {
  const { path } = temporaryFolder();

  it("has the results of half-precision hardware", () => {
    const host = path("host");
    const source = pathOf("test/package/host.cpp");
    execFileSync(compiler, ["-std=c++17", "-O1", `-I${pathOf("docs")}`, source, "-lwabt", "-o", host], {
      stdio: "pipe",
    });
    const asked = hardwareCases().flatMap(({ n, bits, results }) => {
      const hex = Array.from(bits, (each) => each.toString(16).padStart(4, "0")).join("");
      return results.flatMap((expected) =>
        ["float16", "float32"].map((storage) => ({
          request: `${expected.order} ${expected.accumulate} ${storage} ${n} ${hex}`,
          // sums are not among what the kernels give
          expected: Object.fromEntries(Object.entries(expected).filter(([key]) => key !== "sum" && key !== "sumsq")),
        })),
      );
    });
    expect(asked.length).toBe(252);
    const module = join(inject("consumer"), "node_modules/halfnorm/dist/halfnorm.wasm");
    const input = asked.map(({ request }) => `${request}\n`).join("");
    const lines = execFileSync(host, [module], { input, encoding: "utf8", maxBuffer: 2 ** 24 })
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(asked.map(({ expected }) => expected));
  });
});
