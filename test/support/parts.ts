// The modules, as they were compiled.

import { readFileSync } from "node:fs";
import { coreBytes } from "../../src/engine/core.generated.js";
import { diagnosisBytes } from "../../src/engine/diagnosis.generated.js";
import { gradientsBytes } from "../../src/engine/gradients.generated.js";

/** A compiled module, and its bytes as they are embedded. The one with all parts is only a file. */
const part = (name: string, bytesOf?: () => Uint8Array<ArrayBuffer>) => {
  const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
  return { name, bytes, module: new WebAssembly.Module(bytes), embedded: bytesOf, whole: !bytesOf };
};

export const PARTS = [
  part("core", coreBytes),
  part("diagnosis", diagnosisBytes),
  part("gradients", gradientsBytes),
  part("halfnorm"),
];
