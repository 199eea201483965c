/** The garbage collector, asked to come. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
export const collect = runInNewContext("gc") as () => void;

/** A turn of the event loop, after which finalizers have run. */
export const turn = () => new Promise<void>((done) => setTimeout(done, 10));

/** Collects until something holds, or for half a second. */
export async function collectUntil(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !holds(); i++) {
    collect();
    await turn();
  }
}
