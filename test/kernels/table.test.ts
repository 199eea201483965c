/** The table of kernels says of the modules what they are. */

import { describe, expect, test } from "vitest";
import { KERNELS } from "../../src/abi/kernels.js";
import { PARTS } from "../support/parts.js";

const memory = () => new WebAssembly.Memory({ initial: 5, maximum: 65536 });

describe.each(PARTS)("$name", ({ name, module, whole }) => {
  const parts = Object.entries(KERNELS).filter(([part]) => whole || part === name);
  const table = parts.flatMap(([, kernels]): [string, { parameters: number }][] => Object.entries(kernels));

  test("the table holds the module's exports, and no other", () => {
    const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    expect(exported.sort()).toEqual(table.map(([name]) => `function ${name}`).sort());
  });

  test("the parameters are those of the table", () => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory() } });
    for (const [name, { parameters }] of table) {
      expect((exports[name] as CallableFunction).length, name).toBe(parameters);
    }
  });

  test("the module imports nothing but memory", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  });
});
