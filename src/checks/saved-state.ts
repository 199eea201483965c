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

/** Fills `into` with what toJson() made; nothing is written unless all of it is right. */
export function fromJson(name: string, json: unknown, into: Float32Array | Float64Array, least = -Infinity): void {
  if (!Array.isArray(json)) throw wrong(name, "an array of numbers", json);
  checkSize(name, into.length, json.length);
  // by index, since the holes of an array are passed over by its methods
  for (let i = 0; i < json.length; i++) {
    const value = json[i];
    if (typeof value === "number" ? !Number.isFinite(value) : !SPECIAL.includes(value)) {
      throw wrong(`${name}[${i}]`, 'a finite number, "NaN", "Infinity" or "-Infinity"', value, "number");
    }
    if (Number(value) < least) throw wrong(`${name}[${i}]`, `at least ${least}`, value, typeof value);
  }
  for (let i = 0; i < json.length; i++) into[i] = Number(json[i]);
}

/** An object of a schema, with these keys and no others. */
export function checkState(name: string, json: unknown, schema: string, keys: readonly string[]): object {
  if (!isObject(json) || Array.isArray(json)) throw wrong(name, "an object", json);
  const { schema: got } = json as { schema?: unknown };
  if (got !== schema) throw wrong(`${name}.schema`, describe(schema), got, "string");
  for (const key of Object.keys(json)) {
    if (key !== "schema" && !keys.includes(key)) {
      throw new TypeError(`unknown key ${describe(key)} in "${name}", known are ${keys.join(", ")}`);
    }
  }
  for (const key of keys) {
    if (!Object.hasOwn(json, key)) throw new TypeError(`"${name}.${key}" is missing`);
  }
  return json;
}
