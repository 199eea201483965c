// Tasks that wait for their turn, of which the costliest that there is room for is looked for again and again.

/** Numbers of tasks, the costly ones first. */
export const orderOf = (costs: readonly number[]): number[] =>
  costs.map((_, i) => i).sort((a, b) => costs[b] - costs[a] || a - b);

/** Tasks that wait, by their numbers. */
export class Waiting {
  /** The costly ones first. */
  private readonly order: readonly number[];
  /** For each place in that order, one from which on to look: itself, unless its task has been taken. */
  private readonly links: Int32Array;
  /** How many they are. */
  left: number;

  /** @param others Those that do not wait. */
  constructor(
    private readonly costs: readonly number[],
    others: readonly number[] = [],
  ) {
    const gone = new Set(others);
    this.order = orderOf(costs).filter((i) => !gone.has(i));
    this.left = this.order.length;
    this.links = Int32Array.from({ length: this.left + 1 }, (_, i) => i);
  }

  /** The first place from `at` on whose task has not been taken; the number of tasks where there is none. */
  private find(at: number): number {
    const { links } = this;
    let found = at;
    while (links[found] !== found) found = links[found];
    // so that nobody goes this way again
    for (let i = at; i !== found; ) {
      const next = links[i];
      links[i] = found;
      i = next;
    }
    return found;
  }

  /** Takes the costliest task of those that cost no more than this, if there is one. */
  take(most: number): number | undefined {
    let at = 0;
    for (let beyond = this.order.length; at < beyond; ) {
      const middle = (at + beyond) >> 1;
      if (this.costs[this.order[middle]] > most) at = middle + 1;
      else beyond = middle;
    }
    const found = this.find(at);
    if (found === this.order.length) return undefined;
    this.links[found] = found + 1;
    this.left--;
    return this.order[found];
  }
}
