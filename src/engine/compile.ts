// Compiling the module, wherever it comes from, and what to do where a page or a worker may compile nothing.

import { isObject, wrong } from "../checks/arguments.js";
import type { ResponseLike } from "./response.js";

/** A module without contents. */
const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];

/** The error of a compilation, with what to do where nothing at all may be compiled. */
function explained(error: unknown): unknown {
  try {
    new WebAssembly.Module(Uint8Array.from(EMPTY));
    return error;
  } catch (refused) {
    const { message } = refused as Error;
    return new WebAssembly.CompileError(`${message}; allow 'wasm-unsafe-eval' or use load({ module })`);
  }
}

const compiled = (compiling: Promise<WebAssembly.Module>): Promise<WebAssembly.Module> =>
  compiling.catch((error) => {
    throw explained(error);
  });

export const compileBytes = (bytes: ArrayBuffer | ArrayBufferView): Promise<WebAssembly.Module> =>
  compiled(WebAssembly.compile(bytes as BufferSource));

export async function compileResponse(response: ResponseLike): Promise<WebAssembly.Module> {
  if (!isObject(response) || !response.arrayBuffer)
    throw wrong("response", "a Response or the promise of one", response);
  if (!response.ok)
    throw new Error(`${response.url || "the module"} answered ${response.status} ${response.statusText}`);
  const typed = response.headers.get("content-type") === "application/wasm";
  return typed && "compileStreaming" in WebAssembly && response instanceof Response // it takes nothing else
    ? compiled(WebAssembly.compileStreaming(response))
    : compileBytes(await response.arrayBuffer());
}

/** What Node, Deno and Bun give of themselves without an import, which bundlers for pages would stumble over. */
interface Server {
  readonly process?: {
    getBuiltinModule?(name: "node:fs/promises"): { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
  };
}

export async function compileUrl(url: string | { readonly href: string }): Promise<WebAssembly.Module> {
  const href = typeof url === "string" ? url : isObject(url) ? url.href : undefined;
  if (typeof href !== "string") throw wrong("url", "a string or a URL", url);
  // fetch() of Node takes no file
  const files = /^file:/i.test(href) && (globalThis as Server).process?.getBuiltinModule?.("node:fs/promises");
  return files ? compileBytes(await files.readFile(new URL(href))) : compileResponse(await fetch(href));
}
