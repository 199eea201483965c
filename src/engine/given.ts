// In the place of the generated files in what is built for halfnorm/load and for Cloudflare's workers: nothing is embedded. The
// module, with all parts, comes from outside.

let given: WebAssembly.Module | undefined;

/** What calls work with that name no instance, and load() without a source. */
export function giveModule(module: WebAssembly.Module): void {
  given = module;
}

/** @throws {TypeError} when there is none. */
export function coreBytes(): WebAssembly.Module {
  if (!given) throw new TypeError('halfnorm/load embeds no module: give "url", "response", "bytes" or "module"');
  return given;
}

export { coreBytes as diagnosisBytes, coreBytes as gradientsBytes };
