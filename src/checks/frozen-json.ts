// Tables that are kept as JSON in the build for Node, and are frozen there as elsewhere.

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const each of Object.values(value)) freeze(each);
  Object.freeze(value);
}

export function frozenJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  freeze(value);
  return value;
}
