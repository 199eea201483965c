// Those who diagnose one tensor together, and how they tell each other what they found.

/** Each of them has some of its groups. All do the same calls in the same order. */
export interface Company {
  /** From 0 on. */
  readonly rank: number;
  readonly size: number;
  /**
   * Tells the others what this one has found, which is plain data, and gives what is made of all of it: the same to everyone.
   *
   * @param join Is given what each had, by their ranks. Each of them calls its own.
   */
  exchange<T, R>(mine: T, join: (all: readonly T[]) => R): R;
}

/** The one that has all of the tensor. */
export const ALONE: Company = { rank: 0, size: 1, exchange: (mine, join) => join([mine]) };
