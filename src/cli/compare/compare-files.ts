// The tensors of one file against those of another.

import type { Comparison, FormatName } from "../../index.js";
import { isInteger, type RawType, type Tally } from "../files/elements.js";
import { checkNames } from "../files/input.js";
import { type LeftOut, reasonOf } from "../files/left-out.js";
import { type Listing, placesOf } from "../files/places.js";
import { leftOut, noTensor, selectTensors } from "../files/select-tensors.js";
import { residentBytes } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import { isWithin } from "../terminal/checks.js";
import { UsageError } from "../terminal/errors.js";
import { printable, quote } from "../terminal/printable.js";
import { inOrder } from "../workers/in-order.js";
import { runTasks } from "../workers/pool.js";
import type { Compared, CompareTask } from "./worker.js";

export interface CompareOptions {
  readonly actual: string;
  readonly expected: string;
  /** Names or patterns; undefined: all tensors of both files, which then have to be the same. */
  readonly tensors: readonly string[] | undefined;
  /** What elements are that NumPy has no name for. */
  readonly as: RawType | undefined;
  /** Default: that of the actual tensor in its file. */
  readonly format: FormatName | undefined;
  /** Largest error that passes; undefined: anything does. */
  readonly tolerance: number | undefined;
  /** Of the elements of a tensor, how many may have a larger one. Default: none. */
  readonly outlierPercent: number | undefined;
  /** Tensors to work on at a time. Default: see cli/workers/pool.ts. */
  readonly jobs: number | undefined;
}

export interface ComparedTensor {
  readonly name: string;
  /** Its name in the other file, where each file has but one. */
  readonly expectedName: string;
  readonly comparison: Comparison;
  /** Elements whose error is beyond the tolerance, if there is one. */
  readonly beyond?: number;
  /** Whether errors are within the tolerance, but for outliers, with no NaN and no infinity in one of them alone. */
  readonly passes: boolean;
  /** float64 values that were rounded to float32 when the files were read. */
  readonly rounded: { readonly actual: Tally; readonly expected: Tally };
}

/** What is compared, and how. */
export interface CompareHead {
  readonly schema: "halfnorm.cli.compare/1";
  readonly actual: string;
  readonly expected: string;
  readonly toleranceUlp: number | null;
  /** If it was given. */
  readonly outlierPercent: number | undefined;
  /** What is in the files and cannot be compared, if there is something and all tensors were asked for. */
  readonly skipped: readonly (LeftOut & { readonly file: string })[] | undefined;
}

export interface Listener {
  /** Is told before all others what is compared. */
  begin(head: CompareHead): void;
  /** Is given each tensor in the order of the actual file; comes back when it has taken it. */
  found(tensor: ComparedTensor): Promise<void>;
  /** Is told the part that is done. */
  progress(done: number, what: string): void;
}

interface Pair {
  readonly actual: Place;
  readonly expected: Place;
}

/** Tensors of the same name; or the only ones of each file, whatever their names. */
function pairsOf(listings: readonly [Listing, Listing], patterns?: readonly string[]): Pair[] {
  const [a, e] = listings.map((listing) => selectTensors(listing, patterns));
  for (const [i, places] of [a, e].entries())
    if (!places.length) throw new UsageError(noTensor([listings[i]], leftOut(listings[i])));
  if (a.length === 1 && e.length === 1 && !patterns) return [{ actual: a[0], expected: e[0] }];
  const others = new Map(e.map((place) => [place.name, place]));
  const shown = (i: number): string => printable(listings[i].label, 1024);
  const missing = (name: string, i: number): UsageError =>
    new UsageError(`${shown(i)} has no float tensor ${quote(name)}, but ${shown(1 - i)} has`);
  const pairs = a.map((place): Pair => {
    const other = others.get(place.name);
    if (!other) throw missing(place.name, 1);
    others.delete(place.name);
    return { actual: place, expected: other };
  });
  for (const name of others.keys()) throw missing(name, 0);
  return pairs;
}

const formatOf = ({ tensor: { stored } }: Place): FormatName =>
  stored === "float64" || isInteger(stored) ? "float32" : stored;

/** Memory that a comparison takes: both tensors, and the errors in float32. */
const costOf = ({ actual, expected }: Pair): number =>
  residentBytes(actual.tensor) + residentBytes(expected.tensor) + 4 * actual.tensor.size;

/** Whether a tensor passes. */
function isFine({ comparison, beyond }: Compared, { tolerance, outlierPercent }: CompareOptions): boolean {
  if (beyond === undefined || outlierPercent === undefined) return isWithin(tolerance, comparison);
  return comparison.mismatchedSpecials === 0 && 100 * beyond <= outlierPercent * comparison.count;
}

export async function compareFiles(options: CompareOptions, listener: Listener): Promise<void> {
  const { tolerance, outlierPercent } = options;
  checkNames([options.actual, options.expected]);
  const listings = [await placesOf(options.actual, options.as), await placesOf(options.expected, options.as)] as const;
  const pairs = pairsOf(listings, options.tensors);
  const skipped = options.tensors
    ? []
    : listings.flatMap(({ skipped }) =>
        skipped.map((one) => ({ file: one.label, name: one.name, reason: reasonOf(one) })),
      );
  listener.begin({
    schema: "halfnorm.cli.compare/1",
    actual: listings[0].label,
    expected: listings[1].label,
    toleranceUlp: tolerance ?? null,
    outlierPercent,
    skipped: skipped.length ? skipped : undefined,
  });
  const tasks = pairs.map(
    ({ actual, expected }): CompareTask => ({
      actual,
      expected,
      format: options.format ?? formatOf(actual),
      tolerance,
    }),
  );
  const costs = pairs.map(costOf);
  const found = inOrder<ComparedTensor>((_, tensor) => listener.found(tensor));
  let many = 0;
  const done = (i: number, compared: Compared): Promise<void> => {
    const { comparison, beyond, ...rounded } = compared;
    const { actual, expected } = pairs[i];
    const passes = isFine(compared, options);
    const counted = beyond === undefined ? {} : { beyond };
    listener.progress(++many / tasks.length, actual.name);
    return found(i, { name: actual.name, expectedName: expected.name, comparison, ...counted, passes, rounded });
  };
  const largest = pairs.reduce(
    (most, { actual, expected }) => Math.max(most, actual.tensor.bytes, expected.tensor.bytes),
    0,
  );
  await runTasks<Compared>("compare", tasks, { jobs: options.jobs, costs, largest, done });
}
