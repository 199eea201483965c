import { readFileSync } from "node:fs";
import * as embedded from "../../src/engine/wasm.generated.js";

/** A compiled module, and its bytes as they are embedded. The one with all parts is only a file. */
const part = (name: string, bytesOf?: () => Uint8Array<ArrayBuffer>) => {
  const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
  return { name, bytes, module: new WebAssembly.Module(bytes), embedded: bytesOf, whole: !bytesOf };
};

export const PARTS = [
  part("core", embedded.coreBytes),
  part("diagnosis", embedded.diagnosisBytes),
  part("gradients", embedded.gradientsBytes),
  part("halfnorm"),
];
