// What several remedies begin with, made once: the elements as they are rounded, and their distances from the mean.

import {
  ORDER_SEQUENTIAL,
  ROUNDED_MOST,
  ROUNDED_STEP,
  STORAGE_FLOAT32,
  TASK_APPLY,
  TASK_CENTRE,
  TASK_ROUNDED,
} from "../abi/plan.js";
import { roundTo } from "../conversion/round.js";
import type { Numerics } from "../numerics/arithmetic.js";
import { isNarrow } from "../numerics/format.js";
import { MEAN_ONLY } from "../numerics/norm.js";
import { Job } from "../plan/plan.js";
import { run } from "../plan/run.js";
import { Operand } from "../tensor/operand.js";
import type { Subject } from "./normalization.js";

/** float32 of a tensor, up to whole vectors. */
const roomOf = (elements: number): number => (elements + 3) & ~3;

/** Whether the kernel takes the elements of some numerics where they are, if these are rounded: see TASK_ROUNDED. */
export function staysIn({ walk, weight, bias }: Subject, { exact, order }: Numerics): boolean {
  const { sizes, kept, count } = walk;
  const last = sizes.length - 1;
  const rows = !kept[last] && sizes[last] === count && count % ROUNDED_STEP === 0 && count <= ROUNDED_MOST;
  return rows && !weight && !bias && !exact && order !== ORDER_SEQUENTIAL;
}

export class Beginnings {
  /** Where outputs go. */
  readonly y: Operand;
  private readonly memory: readonly Operand[];
  private readonly made: boolean[] = [];

  /** float32 in the memory of one, or of one that shares what it makes. */
  static room(elements: number, shares: boolean): number {
    return (shares ? 3 : 1) * roomOf(elements);
  }

  /**
   * @param shares Whether there is memory for what is made; else it takes the place of the output.
   */
  constructor(
    private readonly subject: Subject,
    address: number,
    readonly shares: boolean,
  ) {
    const { x } = subject;
    const at = (place: number): Operand => {
      const to = address + (shares ? 4 * place * roomOf(x.size) : 0);
      return new Operand(undefined, to, x.shape, x.size, STORAGE_FLOAT32);
    };
    this.memory = [0, 1, 2].map(at);
    this.y = this.memory[0];
  }

  /** Whether elements are rounded that others take where they are. */
  get rounds(): boolean {
    const { x, numerics } = this.subject;
    return (
      this.shares && x.storage === STORAGE_FLOAT32 && isNarrow(numerics.compute) && staysIn(this.subject, numerics)
    );
  }

  /** The elements, rounded to the compute format. */
  rounded(): Operand {
    return this.once(1, (to) => roundTo(this.subject.numerics.compute, this.subject.x, to));
  }

  /** x - mean, rounded. */
  distances(): Operand {
    const { x, walk, numerics } = this.subject;
    const { rounds } = this;
    return this.once(2, (to) => {
      const task = TASK_CENTRE | TASK_APPLY | (rounds ? TASK_ROUNDED : 0);
      const job = new Job(rounds ? this.rounded() : x, walk, task, MEAN_ONLY, numerics);
      job.y = to;
      run(job);
    });
  }

  private once(place: number, make: (to: Operand) => unknown): Operand {
    const to = this.memory[place];
    if (!this.made[place]) make(to);
    this.made[place] = this.shares;
    return to;
  }
}
