// The JSON of a part, of which nothing is believed before it has been held against its schema.

import { readFileSync } from "node:fs";
import { type Schema, Validator } from "@cfworker/json-schema";
import {
  ASSUMPTIONS,
  DIAGNOSE_SCHEMA,
  type DiagnosedTensor,
  FAIL_ON,
  type SkippedTensor,
} from "../diagnosed/result.js";
import { MOST_PARTS, type Shard } from "../diagnosed/shard.js";
import { ELEMENT_BYTES } from "../files/elements.js";
import { inputOf } from "../files/input.js";
import { Source } from "../files/source.js";
import type { Fail } from "../terminal/errors.js";
import { printable } from "../terminal/printable.js";

export interface PartResult {
  /** The file that it is from. */
  readonly label: string;
  readonly tensors: readonly DiagnosedTensor[];
  readonly skipped: readonly SkippedTensor[];
  readonly shard: Shard;
}

/** Bytes of a part: a string holds no more. */
const MOST = 2 ** 29 - 2 ** 16;

const DIAGNOSIS = "urn:halfnorm:diagnosis:1";
const string: Schema = { type: "string" };
const count: Schema = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const part: Schema = { type: "integer", minimum: 1, maximum: MOST_PARTS };
const norm: Schema = { $ref: `${DIAGNOSIS}#/$defs/norm` };
const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
/** Of these properties, all of which have to be there unless they are said to be optional. */
const record = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: "object",
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const number: Schema = { type: "number" };
const partialError = record({ index: count, ulp: { type: ["number", "null"] } });
const figures = record({ along: list(list(partialError, { maxItems: 64 })), sigma: number }, ["sigma"]);

const PART = record({
  schema: { const: DIAGNOSE_SCHEMA },
  tensors: list(
    record({
      file: string,
      name: string,
      stored: { enum: Object.keys(ELEMENT_BYTES) },
      assumed: { enum: [...ASSUMPTIONS, null] },
      diagnoses: list({ $ref: DIAGNOSIS }, { minItems: 1 }),
      refused: list(record({ norm, reason: string })),
      rounded: count,
      overflowed: count,
    }),
  ),
  skipped: list(record({ file: string, name: string, reason: string })),
  shard: record({
    part,
    parts: part,
    digest: { type: "string", minLength: 64, maxLength: 64 },
    positions: record({ total: count, tensors: list(count), skipped: list(count) }),
    options: record({
      norms: list(norm, { minItems: 1 }),
      arithmetic: { $ref: `${DIAGNOSIS}#/$defs/arithmetic` },
      failOn: { enum: [...FAIL_ON, null] },
      toleranceUlp: { type: ["number", "null"], minimum: 0 },
    }),
    figures: list(figures),
  }),
});

let made: Validator | undefined;

function validator(): Validator {
  if (made) return made;
  // as scripts/bundle.mjs writes it
  const diagnosis = JSON.parse(readFileSync(new URL("../diagnosis.schema.json", import.meta.url), "utf8"));
  made = new Validator(PART, "2020-12", true);
  made.addSchema(diagnosis);
  return made;
}

/** @throws {FileError} for whatever is no part. */
function check(value: unknown, fail: Fail): Omit<PartResult, "label"> {
  const { schema, shard } = (value ?? {}) as Record<string, unknown>;
  if (schema !== DIAGNOSE_SCHEMA)
    throw fail(`is not what halfnorm diagnose --json writes: it has no schema ${DIAGNOSE_SCHEMA}`);
  if (shard === undefined) throw fail("is no part of a diagnosis: it was made without --shard");
  const { valid, errors } = validator().validate(value);
  if (!valid) {
    const { instanceLocation, error } = errors[errors.length - 1];
    throw fail(`is no part of a diagnosis: at ${printable(instanceLocation, 120)}, ${printable(error, 200)}`);
  }
  const found = value as Omit<PartResult, "label">;
  const { positions, figures } = found.shard;
  const { tensors, skipped } = found;
  const lengths = [positions.tensors.length, figures.length, positions.skipped.length];
  if (String(lengths) !== String([tensors.length, tensors.length, skipped.length])) {
    throw fail("is no part of a diagnosis: its positions and figures are not those of its tensors");
  }
  for (const [i, { diagnoses }] of tensors.entries()) {
    if (figures[i].along.length === diagnoses.length) continue;
    throw fail("is no part of a diagnosis: its figures are not those of its diagnoses");
  }
  return found;
}

/** @param name As the user gave it; "-" for standard input. */
export async function readPart(name: string): Promise<PartResult> {
  const { path, label } = await inputOf(name);
  const source = await Source.open(path, label);
  const { fail, size } = source;
  try {
    if (size > MOST) throw fail(`has ${size} bytes, more than ${MOST}: diagnose in more parts`);
    const bytes = new Uint8Array(size);
    await source.read(bytes, 0);
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      throw fail(size ? "is no JSON, or not all of it" : "is empty", { cause: error });
    }
    return { label, ...check(value, fail) };
  } finally {
    await source.close();
  }
}
