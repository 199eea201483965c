/** What load() refuses. */

import { describe, expect, test } from "vitest";
import { load } from "../src/index.js";
import { any } from "./support/refuses.js";

describe("load", () => {
  test("refuses", async () => {
    const expectError = async (options: unknown, error: Error) => {
      await expect(load(any(options))).rejects.toEqual(error);
    };
    const bytes = new Uint8Array(4);
    await expectError(
      { path: "x" },
      new TypeError('unknown option "path", known are url, response, bytes, module, maxBytes'),
    );
    await expectError({ bytes, url: "x" }, new TypeError('only one of "url", "bytes" can be given'));
    await expectError({ bytes: "x" }, new TypeError('"bytes" must be an ArrayBuffer or a view of one, got "x"'));
    await expectError({ module: {} }, new TypeError('"module" must be a WebAssembly.Module, got {  }'));
    await expectError({ maxBytes: 1 }, new RangeError('"maxBytes" must be an integer in [327680, 4294967296], got 1'));
    await expect(load({ bytes })).rejects.toThrow(WebAssembly.CompileError);
    await expectError(
      { bytes: Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0) },
      new TypeError('the module is not halfnorm\'s: no "rows"'),
    );
    const missing = new Response("no", { status: 404, statusText: "Not Found" });
    await expectError({ response: missing }, new Error("the module answered 404 Not Found"));
  });
});
