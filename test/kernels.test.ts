import { expect, test } from "vitest";
import { KERNELS } from "../src/kernels.js";
import { moduleBytes } from "../src/wasm.generated.js";

const module = new WebAssembly.Module(moduleBytes());

test("the table holds the module's exports, and no other", () => {
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
  expect(functions.map(({ name }) => name).sort()).toEqual(KERNELS.map(({ name }) => name).sort());
});

test("the parameters are those of the table", () => {
  const memory = new WebAssembly.Memory({ initial: 5, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  for (const { name, parameters, planned, layouts } of KERNELS) {
    expect((exports[name] as CallableFunction).length, name).toBe(parameters);
    expect(planned).toBe(layouts.length > 0);
  }
});

test("the module imports nothing but memory", () => {
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
});
