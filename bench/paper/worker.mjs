/** A thread that trains. */

import { Tinypool } from "tinypool";
import { train } from "./training.mjs";

/**
 * Trains by each of the settings; those after the first may follow it.
 * @param {readonly import("./training.mjs").Setting[]} settings
 */
export default function run([first, ...others]) {
  const reference = train(Tinypool.workerData, first);
  return [reference, ...others.map((setting) => train(Tinypool.workerData, setting, reference.norms))];
}
