/** Where load() takes a module from, and what it refuses. */

import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { load } from "../src/index.js";
import { PARTS } from "./support/parts.js";
import { any } from "./support/refuses.js";

const bytes = new Uint8Array(PARTS[PARTS.length - 1].bytes);

describe("load", () => {
  test("takes bytes, a module, responses", async () => {
    const module = await WebAssembly.compile(bytes);
    const typed = { headers: { "content-type": "application/wasm" } };
    const sources = [
      { bytes },
      { bytes: bytes.buffer },
      { module },
      { response: new Response(bytes, typed) },
      { response: Promise.resolve(new Response(bytes)) },
      { url: `data:application/wasm;base64,${Buffer.from(bytes).toString("base64")}` },
    ];
    for (const source of sources) {
      const own = await load({ ...source, maxBytes: 2 ** 20 });
      expect(own.norm(Float32Array.of(3, 4)).data[0]).toBe(5);
    }
  });

  test("takes the URL of a file, as a string too", async () => {
    const path = join(tmpdir(), `halfnorm load #1 ${process.pid}.wasm`);
    writeFileSync(path, bytes);
    try {
      const url = pathToFileURL(path);
      for (const given of [url, url.href, url.href.replace("file:", "FILE:")]) {
        expect((await load({ url: given })).norm(Float32Array.of(3, 4)).data[0]).toBe(5);
      }
    } finally {
      rmSync(path);
    }
    await expect(load({ url: pathToFileURL(path) })).rejects.toThrow(/ENOENT/);
  });

  test("takes what is like a response", async () => {
    const headers = { get: () => "application/wasm" };
    const response = { ok: true, status: 200, statusText: "", url: "", headers, arrayBuffer: async () => bytes.buffer };
    expect((await load({ response })).norm(Float32Array.of(3, 4)).data[0]).toBe(5);
  });

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
    await expectError({ url: 5 }, new TypeError('"url" must be a string or a URL, got 5'));
    await expectError({ url: null }, new TypeError('"url" must be a string or a URL, got null'));
    await expectError(
      { response: { ok: true } },
      new TypeError('"response" must be a Response or the promise of one, got { ok }'),
    );
    const missing = new Response("no", { status: 404, statusText: "Not Found" });
    await expectError({ response: missing }, new Error("the module answered 404 Not Found"));
  });
});
