// The package in Cloudflare's workers, where nothing may be compiled, but where the .wasm file can be imported as a module.

import { giveModule } from "./engine/given.js";
import module from "./halfnorm.wasm";

giveModule(module);

export * from "./index.js";
