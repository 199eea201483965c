// What is wrong, where screen readers and eyes find it.

import { byId } from "./dom.js";

/** "": nothing. */
export function say(problem: string): void {
  byId("problem-text").textContent = problem;
  byId("problem").hidden = !problem;
}
