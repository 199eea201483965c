// Raw statistics of the groups of a tensor, in float64: the kernels' accumulators, read panel by panel.

import * as at from "../abi/plan.js";
import { engine } from "../engine/engine.js";
import type { Heap } from "../engine/heap.js";
import { BLOCK } from "../engine/sizes.js";
import { NormSpec } from "../numerics/norm.js";
import { Job, topScratchBytes, turnToPanel, turnToPass, writePlan } from "../plan/plan.js";
import { planWalk, type Walk } from "../plan/walk.js";
import { checkHeld, Operand, part, startOf } from "../tensor/operand.js";
import { bytesOf } from "../tensor/storage.js";
import type { Accumulators } from "./gathered.js";
import { PartialState } from "./partial-state.js";

/**
 * Elements of a group that a piece has at the least, if the tensor has: then calls and merging cost little next to
 * summing. In rows, there is a call for every group.
 */
const FEWEST_ROWS = 512;
const FEWEST_COLUMNS = 32;

/** How a tensor is cut: into ranges of `share` along dimension `level` of its walk, so that each is contiguous. */
interface Cut {
  readonly level: number;
  readonly share: number;
}

/** Pieces of about BLOCK bytes; larger ones where groups are so many that each would get next to nothing of it. */
function cutOf({ sizes, kept, elements, groups }: Walk, bytes: number): Cut {
  const block = BLOCK / bytes;
  const each = kept[kept.length - 1] ? FEWEST_COLUMNS : FEWEST_ROWS;
  let inner = elements;
  let inside = groups;
  for (let level = 0; ; level++) {
    inner /= sizes[level];
    if (kept[level]) inside /= sizes[level];
    const fewest = each * inside;
    if (inner > block && inner >= fewest) continue;
    const wanted = kept[level] ? block : Math.max(block, fewest);
    return { level, share: Math.min(sizes[level], Math.ceil(wanted / inner)) };
  }
}

/** Where the groups of a piece begin, in elements: one place for each in rows, for each stretch of columns otherwise. */
function startsOf(i32: Int32Array): number[] {
  const rank = i32[at.KEPT_RANK >> 2];
  let starts = [0];
  for (let level = 0; level < rank; level++) {
    const count = i32[(at.KEPT_COUNT >> 2) + level];
    const stride = i32[(at.KEPT_STRIDE >> 2) + level];
    starts = starts.flatMap((start) => Array.from({ length: count }, (_, i) => start + i * stride));
  }
  return starts;
}

/** Adds the elements of a tensor to states, in one pass for the sums and one for what the norm takes. */
class Gatherer implements Accumulators {
  count = 0;
  private readonly own = engine();
  private readonly heap: Heap = this.own.heap;
  private readonly panel: PartialState;
  /** What distances are taken from, for each group of the panel. */
  private readonly centres: number;
  private readonly result: Operand;
  private readonly scratch: number;

  constructor(
    private readonly x: Operand,
    private readonly state: PartialState,
    private readonly centre: Float32Array,
  ) {
    const { norm, groups } = state;
    this.panel = new PartialState(norm, Math.min(groups, at.PANEL));
    this.heap.begin();
    this.centres = this.heap.scratch(at.PANEL * 4);
    this.result = new Operand(undefined, this.heap.scratch(8), [1], 1, at.STORAGE_FLOAT32);
    this.scratch = norm.top && this.heap.scratch(topScratchBytes(Math.min(norm.top, x.size)));
  }

  /** Nothing is added before all memory is there. */
  run(walk: Walk): void {
    const { x, heap } = this;
    const { sizes, kept } = walk;
    const bytes = bytesOf(x.storage);
    const { level, share } = x.array ? cutOf(walk, bytes) : { level: 0, share: sizes[0] };
    const inner = sizes.slice(level + 1);
    const pitch = inner.reduce((product, size) => product * size, 1);
    const block = x.array ? heap.scratch(share * pitch * bytes, startOf(x)) : x.address;
    const view = x.storage ? heap.u16 : heap.f32;
    const reduced = kept.slice(level).reduce((set, keeps, i) => (keeps ? set : set | (1 << i)), 0);
    const visit = (depth: number, from: number, group: number, size: number, groups: number): void => {
      const each = size / sizes[depth];
      const inside = kept[depth] ? groups / sizes[depth] : groups;
      const step = kept[depth] ? inside : 0;
      if (depth < level) {
        for (let i = 0; i < sizes[depth]; i++) visit(depth + 1, from + i * each, group + i * step, each, inside);
        return;
      }
      for (let i = 0; i < sizes[depth]; i += share) {
        const n = Math.min(share, sizes[depth] - i);
        const start = from + i * each;
        if (x.array) view.set(part(x, start, n * each), block / bytes);
        this.piece(planWalk([n, ...inner], reduced, 0), block, group + i * step);
      }
    };
    visit(0, 0, 0, walk.elements, walk.groups);
  }

  /** A contiguous piece at an address; `first` is the number of its first group. */
  private piece(walk: Walk, address: number, first: number): void {
    const { x, own, state } = this;
    const { i32 } = this.heap;
    const { name, kind, top } = state.norm;
    // of fewer elements than k, all are among the largest
    const norm = top > walk.count ? new NormSpec(name, kind, walk.count) : state.norm;
    const job = new Job(x, walk, 0, norm, undefined);
    job.deviation = this.result;
    job.scratch = this.scratch;
    writePlan(own, job, 0, walk.whole);
    const starts = startsOf(i32);
    const columns = i32[at.LAYOUT >> 2] === at.LAYOUT_COLUMNS;
    const length = columns ? i32[at.LENGTH >> 2] : 1;
    // one panel a call, so that its accumulators are left to be read; of the largest, there are four
    const most = top ? 4 : at.PANEL;
    const kernel = columns ? own.kernels.columns : own.kernels.rows;
    let group = first;
    for (const start of starts) {
      for (let from = 0; from < length; from += most) {
        const width = Math.min(most, length - from);
        turnToPanel(i32, address + (start + from) * bytesOf(x.storage), width);
        this.passes(kernel, walk.count, group, width);
        state.merge(this.panel, group, width);
        group += width;
      }
    }
  }

  /** Both passes over the panel of `width` groups of n elements, the first of which has number `group`. */
  private passes(kernel: () => void, n: number, group: number, width: number): void {
    const { panel, heap, centre, centres } = this;
    const { i32, f32, f64 } = heap;
    const { norm, gathered } = panel;
    turnToPass(i32, at.TASK_RAW | at.TASK_CENTRE, at.NORM_NONE, 0);
    kernel();
    this.count = n;
    for (let j = 0; j < width; j++) {
      panel.counts[j] = n;
      panel.sums[j] = f64[(at.RAW_SUM >> 3) + j];
      const mean = Math.fround(panel.sums[j] / n);
      const given = centre[centre.length > 1 ? group + j : 0];
      // squares merge by their means; without one, they show what is not finite
      f32[centres / 4 + j] = gathered.about !== "mean" ? given : Number.isFinite(mean) ? mean : 0;
    }
    if (norm.name === "none") return;
    turnToPass(i32, at.TASK_RAW | at.TASK_GIVEN | at.TASK_NORM, gathered.pass ?? norm.kind, centres);
    kernel();
    for (let j = 0; j < width; j++) gathered.take(panel, j, this);
  }

  total(j: number): number {
    return this.heap.f64[(at.RAW_SUM >> 3) + j];
  }

  scale(j: number): number {
    return this.heap.f32[(at.RAW_SCALE >> 2) + j];
  }

  rest(j: number): number {
    return this.panel.sums[j] / this.count - this.heap.f32[this.centres / 4 + j];
  }

  high(j: number): number {
    return fromOrdered(this.heap, at.RAW_HIGH + j * 4);
  }

  low(j: number): number {
    return fromOrdered(this.heap, at.RAW_LOW + j * 4);
  }

  largest(j: number, k: number): Float32Array {
    const index = (this.scratch + j * (at.TOP_BUFFER + k * at.TOP_BUFFER_PER_K)) / 4;
    return this.heap.f32
      .slice(index, index + k)
      .sort()
      .reverse();
  }
}

/** The value of an `ordered` integer (assembly/lanes/vectors.ts). */
function fromOrdered({ i32, f32 }: Heap, address: number): number {
  const bits = i32[address >> 2];
  i32[address >> 2] = bits ^ ((bits >> 31) & 0x7fffffff);
  return f32[address >> 2];
}

/**
 * Adds the elements of a tensor to the states of its groups.
 *
 * @param reduced Set of axes, as bits, that a group extends over.
 * @param centre What distances are taken from, except squares: one for each group, or for all of them.
 * @throws {RangeError} when memory cannot grow; nothing was added then.
 */
export function gather(x: Operand, reduced: number, state: PartialState, centre: Float32Array): void {
  checkHeld(x);
  const walk = planWalk(x.shape, reduced, 0);
  if (walk.elements) new Gatherer(x, state, centre).run(walk);
}
