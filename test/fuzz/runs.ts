/**
 * How many random inputs are tried, and from which seed: some in every run of the tests, always the same; by `npm run fuzz`
 * HALFNORM_FUZZ times as many, from another seed each time or from HALFNORM_FUZZ_SEED.
 */

import fc, { type Arbitrary } from "fast-check";
import { test } from "vitest";

const { HALFNORM_FUZZ, HALFNORM_FUZZ_SEED } = process.env;
const times = Number(HALFNORM_FUZZ ?? 1);
const seed = HALFNORM_FUZZ_SEED ? Number(HALFNORM_FUZZ_SEED) : HALFNORM_FUZZ ? Date.now() & 0x7fffffff : 20180305;

/** No machine is so slow that it needs this: only what hangs does. */
const PATIENCE = 600_000;

/**
 * A test of random inputs. One that fails is made smaller, and printed with the seed and the path that give it again.
 *
 * @param check Throws for what is wrong.
 */
export function fuzz<T>(what: string, runs: number, drawn: Arbitrary<T>, check: (drawn: T) => void): void {
  const numRuns = Math.ceil(runs * times);
  test(what, { timeout: PATIENCE * Math.max(1, times) }, () => {
    fc.assert(fc.property(drawn, check), { numRuns, seed });
    if (HALFNORM_FUZZ) console.log(`${numRuns} ${what} from seed ${seed}: no failure`);
  });
}
