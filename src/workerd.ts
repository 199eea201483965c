// The package in Cloudflare's workers, where nothing may be compiled, but where the .wasm file can be imported as a module.

import { giveModule } from "./engine/wasm.given.js";
import module from "./halfnorm.wasm";

giveModule(module);

export * from "./index.js";
