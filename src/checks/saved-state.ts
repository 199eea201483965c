// Saved state as JSON. JSON has neither NaN nor infinities, and what is read back may come from anywhere.

import { checkSize, isObject, wrong } from "./arguments.js";
import { describe } from "./describe.js";

/** A number, or the name of one that JSON does not have. */
export type JsonNumber = number | "NaN" | "Infinity" | "-Infinity";

const SPECIAL: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];

/** Numbers of any array. Their digits survive JSON: the shortest that give the same float64. */
export function toJson(values: Iterable<number>): JsonNumber[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? value : (String(value) as JsonNumber)));
}

/** An array that JSON has, of a length that is known. */
function checkList(name: string, json: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(json)) throw wrong(name, "an array of numbers", json);
  checkSize(name, length, json.length);
  return json;
}

/** What toJson() made. Of a list of another length nothing is made. */
export function fromJson(name: string, json: unknown, length: number, least = -Infinity): Float64Array {
  const list = checkList(name, json, length);
  const values: number[] = [];
  // by index, since the holes of an array are passed over by its methods
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value === "number" ? !Number.isFinite(value) : !SPECIAL.includes(value)) {
      throw wrong(`${name}[${i}]`, 'a finite number, "NaN", "Infinity" or "-Infinity"', value, "number");
    }
    if (Number(value) < least) throw wrong(`${name}[${i}]`, `at least ${least}`, value, typeof value);
    values.push(Number(value));
  }
  return Float64Array.from(values);
}

/** The fields of an object of a schema, with these keys and no others: each is read once. */
export function checkState<T extends object>(name: string, json: T, schema: string, keys: readonly string[]): T {
  if (!isObject(json) || Array.isArray(json)) throw wrong(name, "an object", json);
  const { schema: got } = json as { schema?: unknown };
  if (got !== schema) throw wrong(`${name}.schema`, describe(schema), got, "string");
  for (const key of Object.keys(json)) {
    if (key !== "schema" && !keys.includes(key)) {
      throw new TypeError(`unknown key ${describe(key)} in "${name}", known are ${keys.join(", ")}`);
    }
  }
  const fields: Record<string, unknown> = { schema };
  for (const key of keys) {
    if (!Object.hasOwn(json, key)) throw new TypeError(`"${name}.${key}" is missing`);
    fields[key] = (json as Record<string, unknown>)[key];
  }
  return fields as T;
}
