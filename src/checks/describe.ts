// What came, in the words of a message: short whatever it is, and found without looking at all of it.

/** Elements or keys that are shown, and characters of a text and of the whole. */
const MOST_ITEMS = 9;
const MOST_TEXT = 40;
const MOST = 100;

/** @param depth Levels of lists that are shown. */
function words(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MOST_TEXT));
  // the digits of a bigint may take minutes
  if (typeof value === "function" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const items = depth ? value.slice(0, MOST_ITEMS).map((item) => words(item, depth - 1)) : [];
    return `[${items.concat(value.length > items.length ? "..." : []).join(", ")}]`;
  }
  // the class of built-in objects
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value)) return `${tag}(${(value as Uint8Array).length ?? value.byteLength})`;
  return tag === "Object" ? `{ ${Object.keys(value).slice(0, MOST_ITEMS).join(", ")} }` : tag;
}

/** What came, in a few words; of what throws when it is looked at, that. */
export function describe(value: unknown): string {
  try {
    const text = words(value, 2);
    return text.length > MOST ? `${text.slice(0, MOST)}...` : text;
  } catch {
    return "what cannot be read";
  }
}
