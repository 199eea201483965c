// Results in the order of their tasks, whatever the order that they come in.

/**
 * @param take Is given each result, with the number of its task, when it and all before it are there.
 * @returns To be given the results as they come; comes back when those that could be passed on have been taken.
 */
export function inOrder<T extends object>(
  take: (i: number, result: T) => Promise<void> | undefined,
): (i: number, result: T) => Promise<void> {
  const waiting: (T | undefined)[] = [];
  let next = 0;
  return async (i, result) => {
    waiting[i] = result;
    let taken: Promise<void> | undefined;
    for (let first = waiting[next]; first; first = waiting[++next]) {
      waiting[next] = undefined; // of many tensors nobody else has to hold them
      taken = take(next, first) ?? taken;
    }
    await taken;
  };
}
