// Whatever is called leaves nothing behind: memory of kernels, tensors and the heap of the engine are after many calls of every
// function what they were before. A million calls of each, in all of its forms together, and fewer of what takes long, which are as
// many with HALFNORM_LEAKS=1000000: half an hour, and what each form has grown by is printed.

import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, inject, it } from "vitest";
import { collect } from "../support/collect.js";
import { type Library, leakCalls } from "./leak-calls.js";

const asked = Number(process.env.HALFNORM_LEAKS ?? 0);
const USUAL = 1_000_000;
const WARM_UP = 2_000;
/** What engines keep of code that was compiled meanwhile, and the like: it does not grow with the calls. 16 bytes a call would be more. */
const SLACK = 1_000_000;

/** Bytes that cannot be collected. */
async function held(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    // what is finalized has a turn of its own
    await setTimeout(1);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const dist = `${inject("consumer")}/node_modules/halfnorm/dist`;
const library: Library = await import(`${dist}/index.js`);
const rows = leakCalls(library, new WebAssembly.Module(readFileSync(`${dist}/halfnorm.wasm`)));

/** Bytes that each form has grown by, and its calls. */
const growths: { form: string; calls: number; bytes: number }[] = [];

afterAll(() => {
  if (asked) console.table(growths.sort((a, b) => b.bytes - a.bytes));
});

it("every function is called", () => {
  const functions = Object.entries(library).filter(([, value]) => typeof value === "function");
  expect(Object.keys(rows).sort()).toEqual(functions.map(([name]) => name).sort());
});

describe.each(Object.entries(rows))("%s", (name, { fewer = 1, calls }) => {
  const each = Math.ceil((asked || USUAL / fewer) / Object.keys(calls).length);

  it.each(Object.entries(calls))(
    "%s",
    async (form, call) => {
      for (let i = 0; i < Math.min(WARM_UP, each); i++) await call();
      const before = library.memory();
      const waits = call() instanceof Promise;
      const grown = async (): Promise<number> => {
        const bytes = await held();
        if (waits) for (let i = 0; i < each; i++) await call();
        else for (let i = 0; i < each; i++) call();
        expect(library.memory()).toEqual(before);
        return (await held()) - bytes;
      };
      // the table of a WeakSet stays as large as it once was: what leaks does so again
      let bytes = await grown();
      if (bytes >= SLACK) bytes = await grown();
      growths.push({ form: `${name}, ${form}`, calls: each, bytes });
      expect(bytes).toBeLessThan(SLACK);
    },
    asked ? 3_600_000 : 600_000,
  );
});
