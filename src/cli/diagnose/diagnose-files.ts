// The normalization of the tensors of files in a low precision, diagnosed norm by norm.

import type { KernelKind } from "../../index.js";
import { assumedOf, type Grouping, groupingOf, isCheckpoint } from "../diagnosed/assumed.js";
import type { Assumed, DiagnosedTensor, SkippedTensor } from "../diagnosed/result.js";
import { digestOf, ownersOf, type Part, type PartOptions, type Shard } from "../diagnosed/shard.js";
import type { RawType } from "../files/elements.js";
import { checkNames } from "../files/input.js";
import { reasonOf } from "../files/left-out.js";
import { valuesOf } from "../files/one-tensor.js";
import { type Listing, placesOf } from "../files/places.js";
import { noTensor, selectTensors } from "../files/select-tensors.js";
import { residentBytes } from "../files/stored-tensor.js";
import type { Place } from "../files/tensor-file.js";
import type { FigureData } from "../report/figure-data.js";
import { UsageError } from "../terminal/errors.js";
import { version } from "../version.js";
import { runTasks } from "../workers/pool.js";
import { piecesOf } from "./pieces.js";
import type { Diagnosed, DiagnoseTask, GivenStatistics } from "./worker.js";

/** Where means and deviations are: FILE, or FILE:NAME. */
export interface Given {
  readonly mean: string;
  /** The deviations or, `squared`, the variances. */
  readonly spread: string;
  readonly squared: boolean;
}

export interface DiagnoseOptions extends PartOptions {
  readonly files: readonly string[];
  /** Names or patterns; undefined: all tensors that can be diagnosed so. */
  readonly tensors: readonly string[] | undefined;
  /** What elements are that NumPy has no name for. */
  readonly as: RawType | undefined;
  /** What a group is. Default: by the number of dimensions. */
  readonly grouping: Grouping | undefined;
  /** Statistics to apply. Default: those of the tensor. */
  readonly given: Given | undefined;
  readonly eps: number | undefined;
  readonly remedies: boolean | "auto";
  /** Tensors to work on at a time. Default: see cli/workers/pool.ts. */
  readonly jobs: number | undefined;
  /** Kinds of kernels to be put side by side, for one norm. Default: the arithmetic, for each norm. */
  readonly kernels: readonly KernelKind[] | undefined;
  /** Whether figures will be drawn. */
  readonly figures: boolean;
  /** What is to be done of it. Default: all. */
  readonly part: Part | undefined;
}

const NUMBER = "one number, which nothing is normalized with";
const VECTOR = "of one dimension in a checkpoint, such as a bias, which --layer or --axes may say how to normalize";

/** Memory that a diagnosis takes: the tensor, then errors or remedies in float32. */
const costOf = ({ tensor }: Place): number => residentBytes(tensor) + 4 * tensor.size;

/** The statistics themselves. */
async function statisticsOf({ given, as }: DiagnoseOptions): Promise<GivenStatistics | undefined> {
  if (!given) return undefined;
  const { mean, spread, squared } = given;
  const values = await valuesOf(squared ? "variance" : "deviation", spread, as);
  return { mean: await valuesOf("mean", mean, as), deviation: squared ? values.map(Math.sqrt) : values };
}

/** All tensors that were named: their positions are those of what is left out, then those of the others. */
interface Work {
  readonly leftOut: readonly SkippedTensor[];
  readonly places: readonly Place[];
  /** What each is taken for; null where the options say what is normalized. */
  readonly assumed: readonly (Assumed | null)[];
}

async function workOf({ files, tensors, as, grouping, given }: DiagnoseOptions): Promise<Work> {
  checkNames(given ? [...files, given.mean, given.spread] : files);
  const leftOut: SkippedTensor[] = [];
  const places: Place[] = [];
  const assumed: (Assumed | null)[] = [];
  const listings: Listing[] = [];
  for (const name of files) {
    const listing = await placesOf(name, as);
    listings.push(listing);
    const weights = !grouping && isCheckpoint(listing.places.map((place) => place.name));
    for (const place of selectTensors(listing, tensors)) {
      const { size, shape } = place.tensor;
      const reason = size === 1 ? NUMBER : weights && shape.length < 2 ? VECTOR : undefined;
      if (reason) {
        leftOut.push({ file: place.label, name: place.name, reason });
        continue;
      }
      places.push(place);
      assumed.push(grouping ? null : assumedOf(shape, weights));
    }
    if (tensors) continue;
    for (const one of listing.skipped) leftOut.push({ file: one.label, name: one.name, reason: reasonOf(one) });
  }
  if (!places.length) throw new UsageError(noTensor(listings, leftOut));
  return { leftOut, places, assumed };
}

/** What is asked of all parts alike: no two of them that differ in it are joined. */
function digestOfWork({ leftOut, places }: Work, options: DiagnoseOptions, given: GivenStatistics | undefined): string {
  const { norms, arithmetic, grouping, eps, remedies } = options;
  const tensors = places.map(({ label, identity, tensor }) => [
    label,
    identity.size,
    tensor.name,
    tensor.stored,
    tensor.shape,
  ]);
  const statistics = given && [String(given.mean), String(given.deviation)];
  const work = [version(), norms, arithmetic, grouping ?? null, eps ?? null, remedies, leftOut, tensors];
  return digestOf(statistics ? [...work, statistics] : work);
}

export interface Listener {
  /** Is given each tensor when it and all before it are done; comes back when it has taken it. */
  found(tensor: DiagnosedTensor, figures: FigureData | undefined): Promise<void>;
  /** Is told the part that is done. */
  progress(done: number): void;
  /** Whether to begin another tensor. */
  goOn(): boolean;
}

/** What was left out, and what joins a part to the others. */
interface Rest {
  readonly skipped: readonly SkippedTensor[];
  readonly shard: Shard | undefined;
}

/** @throws {UsageError | FileError} where nothing can be diagnosed, with the reasons. */
export async function diagnoseFiles(options: DiagnoseOptions, listener: Listener): Promise<Rest> {
  const work = await workOf(options);
  const given = await statisticsOf(options);
  const { leftOut, places, assumed } = work;
  const { norms, kernels, arithmetic, eps, remedies, jobs, part } = options;
  const owners =
    part &&
    ownersOf(
      places.map(({ tensor }) => tensor.size),
      part.parts,
    );
  const mine = [...places.keys()].filter((i) => owners?.[i] === part?.part);
  // what no part has work with is told by the first one
  const skipped: SkippedTensor[] = !part || part.part === 1 ? [...leftOut] : [];
  const positions = { total: leftOut.length + places.length, tensors: [] as number[], skipped: [...skipped.keys()] };
  const kept: FigureData[] = [];
  // what is done, in millionths
  const shared = new SharedArrayBuffer(4);
  const all = mine.reduce((sum, i) => sum + places[i].tensor.size + 1, 0) * (kernels ?? norms).length;
  const tasks = mine.map((i): DiagnoseTask => {
    const place = places[i];
    return {
      place,
      norms,
      kernels,
      figures: options.figures || part !== undefined,
      options: {
        ...(options.grouping ?? groupingOf(assumed[i] as Assumed, place.tensor.shape)),
        arithmetic,
        eps,
        remedies,
        ...given,
      },
      progress: { shared, step: Math.floor((1e6 * (place.tensor.size + 1)) / all) },
    };
  });
  const results: (Diagnosed | undefined)[] = [];
  let at = 0;
  const done = async (i: number, result: Diagnosed): Promise<void> => {
    results[i] = result;
    let taken: Promise<void> | undefined;
    for (let next = results[at]; next; next = results[++at]) {
      results[at] = undefined; // of many tensors nobody else has to hold them
      const { label: file, tensor } = places[mine[at]];
      const { figures, ...found } = next;
      const position = leftOut.length + mine[at];
      if (found.diagnoses.length) {
        positions.tensors.push(position);
        if (part && figures) kept.push(figures);
        const { name, stored } = tensor;
        taken = listener.found({ file, name, stored, assumed: assumed[mine[at]], ...found }, figures);
        continue;
      }
      const [{ reason }] = found.refused;
      positions.skipped.push(position);
      skipped.push({ file, name: tensor.name, reason });
    }
    await taken;
  };
  const timer = setInterval(() => listener.progress(Atomics.load(new Int32Array(shared), 0) / 1e6), 100);
  const costs = mine.map((i) => costOf(places[i]));
  // groups of channels are more than the axes that figures are drawn along
  const whole = options.figures || part !== undefined ? options.grouping && "groups" in options.grouping : false;
  const shares = mine.map((i, at) => (whole ? 1 : piecesOf(places[i].tensor, tasks[at].options)));
  const largest = mine.reduce((most, i) => Math.max(most, places[i].tensor.bytes), 0);
  try {
    if (mine.length) {
      await runTasks<Diagnosed>("diagnose", tasks, {
        jobs,
        costs,
        shares,
        largest,
        done,
        goOn: () => listener.goOn(),
      });
    }
  } finally {
    clearInterval(timer);
  }
  const { failOn, toleranceUlp } = options;
  const shard = part && {
    ...part,
    digest: digestOfWork(work, options, given),
    positions,
    options: { norms, arithmetic, failOn, toleranceUlp },
    figures: kept,
  };
  return { skipped, shard };
}
