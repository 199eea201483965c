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
import { inOrder } from "../workers/in-order.js";
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

/** A tensor to be diagnosed. */
interface Subject {
  readonly place: Place;
  /** What it is taken for; null where the options say what is normalized. */
  readonly assumed: Assumed | null;
  readonly grouping: Grouping;
}

function subjectOf(place: Place, grouping: Grouping | undefined, weights: boolean): Subject {
  if (grouping) return { place, assumed: null, grouping };
  const { shape } = place.tensor;
  const assumed = assumedOf(shape, weights);
  return { place, assumed, grouping: groupingOf(assumed, shape) };
}

/** All tensors that were named: their positions are those of what is left out, then those of the others. */
interface Work {
  readonly leftOut: readonly SkippedTensor[];
  readonly subjects: readonly Subject[];
}

async function workOf({ files, tensors, as, grouping, given }: DiagnoseOptions): Promise<Work> {
  checkNames(given ? [...files, given.mean, given.spread] : files);
  const leftOut: SkippedTensor[] = [];
  const subjects: Subject[] = [];
  const listings: Listing[] = [];
  for (const name of files) {
    const listing = await placesOf(name, as);
    listings.push(listing);
    const weights = !grouping && isCheckpoint(listing.places.map((place) => place.name));
    for (const place of selectTensors(listing, tensors)) {
      const { size, shape } = place.tensor;
      const reason = size === 1 ? NUMBER : weights && shape.length < 2 ? VECTOR : undefined;
      if (reason) leftOut.push({ file: place.label, name: place.name, reason });
      else subjects.push(subjectOf(place, grouping, weights));
    }
    if (tensors) continue;
    for (const one of listing.skipped) leftOut.push({ file: one.label, name: one.name, reason: reasonOf(one) });
  }
  if (!subjects.length) throw new UsageError(noTensor(listings, leftOut));
  return { leftOut, subjects };
}

/** The numbers of the subjects that are in a part, or of all. */
function numbersIn(part: Part | undefined, subjects: readonly Subject[]): number[] {
  const numbers = [...subjects.keys()];
  if (!part) return numbers;
  const sizes = subjects.map(({ place }) => place.tensor.size);
  const owners = ownersOf(sizes, part.parts);
  return numbers.filter((i) => owners[i] === part.part);
}

/** What is asked of all parts alike: no two of them that differ in it are joined. */
function digestOfWork(
  { leftOut, subjects }: Work,
  options: DiagnoseOptions,
  given: GivenStatistics | undefined,
): string {
  const { norms, arithmetic, grouping, eps, remedies } = options;
  const tensors = subjects.map(({ place: { label, identity, tensor } }) => [
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

/** Whether the data of figures is kept: they are drawn of what parts found when those are joined. */
const keepsFigures = ({ figures, part }: DiagnoseOptions): boolean => figures || part !== undefined;

/** @param done Grows by a millionth for each of all the work that is done. */
function tasksOf(
  subjects: readonly Subject[],
  options: DiagnoseOptions,
  given: GivenStatistics | undefined,
  done: SharedArrayBuffer,
): DiagnoseTask[] {
  const { norms, kernels, arithmetic, eps, remedies } = options;
  const effortOf = ({ place }: Subject): number => place.tensor.size + 1;
  const all = subjects.reduce((sum, subject) => sum + effortOf(subject), 0) * (kernels ?? norms).length;
  return subjects.map((subject) => ({
    place: subject.place,
    norms,
    kernels,
    figures: keepsFigures(options),
    options: { ...subject.grouping, arithmetic, eps, remedies, ...given },
    progress: { shared: done, step: Math.floor((1e6 * effortOf(subject)) / all) },
  }));
}

/** Into how many shares a tensor can be cut. Groups of channels are more than the axes that figures are drawn along. */
function sharesOf({ place, grouping }: Subject, figures: boolean): number {
  return figures && "groups" in grouping ? 1 : piecesOf(place.tensor, grouping);
}

/** Diagnoses the subjects at the same time, and tells the listener how far they are. */
async function runDiagnoses(
  subjects: readonly Subject[],
  options: DiagnoseOptions,
  given: GivenStatistics | undefined,
  listener: Listener,
  done: (i: number, result: Diagnosed) => Promise<void>,
): Promise<void> {
  if (!subjects.length) return;
  const shared = new SharedArrayBuffer(4);
  const millionths = new Int32Array(shared);
  const timer = setInterval(() => listener.progress(Atomics.load(millionths, 0) / 1e6), 100);
  try {
    await runTasks<Diagnosed>("diagnose", tasksOf(subjects, options, given, shared), {
      jobs: options.jobs,
      costs: subjects.map(({ place }) => costOf(place)),
      shares: subjects.map((subject) => sharesOf(subject, keepsFigures(options))),
      largest: subjects.reduce((most, { place }) => Math.max(most, place.tensor.bytes), 0),
      done,
      goOn: () => listener.goOn(),
    });
  } finally {
    clearInterval(timer);
  }
}

/** @throws {UsageError | FileError} where nothing can be diagnosed, with the reasons. */
export async function diagnoseFiles(options: DiagnoseOptions, listener: Listener): Promise<Rest> {
  const { norms, arithmetic, failOn, toleranceUlp, part } = options;
  const work = await workOf(options);
  const given = await statisticsOf(options);
  const { leftOut, subjects } = work;
  const numbers = numbersIn(part, subjects);
  // what no part has work with is told by the first one
  const skipped: SkippedTensor[] = !part || part.part === 1 ? [...leftOut] : [];
  const positions = { total: leftOut.length + subjects.length, tensors: [] as number[], skipped: [...skipped.keys()] };
  const kept: FigureData[] = [];
  const found = inOrder<Diagnosed>((i, { figures, ...result }) => {
    const { place, assumed } = subjects[numbers[i]];
    const { label: file, tensor } = place;
    const { name, stored } = tensor;
    const position = leftOut.length + numbers[i];
    if (!result.diagnoses.length) {
      positions.skipped.push(position);
      skipped.push({ file, name, reason: result.refused[0].reason });
      return undefined;
    }
    positions.tensors.push(position);
    if (part && figures) kept.push(figures);
    return listener.found({ file, name, stored, assumed, ...result }, figures);
  });
  const own = numbers.map((i) => subjects[i]);
  await runDiagnoses(own, options, given, listener, found);
  const shard = part && {
    ...part,
    digest: digestOfWork(work, options, given),
    positions,
    options: { norms, arithmetic, failOn, toleranceUlp },
    figures: kept,
  };
  return { skipped, shard };
}
