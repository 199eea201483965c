/** Stages of a diagnosis, of the package or of the oracle, by their names. */

/** The stage of a name; fails where there is none. */
export function stageOf<S extends { readonly name: string }>(
  { stages }: { readonly stages: readonly S[] },
  name: S["name"],
): S {
  const found = stages.find((stage) => stage.name === name);
  if (!found) throw new RangeError(`no stage ${name}`);
  return found;
}

/** Counts of events that are not 0, by stage; stages without any are left out. */
export function eventsOf(
  stages: readonly { readonly name: string; readonly events: object }[],
): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const { name, events } of stages) {
    const some = Object.entries(events).filter(([, count]) => count > 0);
    if (some.length > 0) found[name] = Object.fromEntries(some);
  }
  return found;
}
