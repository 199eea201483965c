/** Diagnoses and comparisons held against the published JSON Schema, and against what JSON can hold. */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { schemaText } from "../../src/diagnosis/schema.js";
import { type Comparison, type Diagnosis, diagnose } from "../../src/index.js";

const url = new URL("../../src/diagnosis.schema.json", import.meta.url);

/** The schema with every object closed: that it allows for more properties is for later versions. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  return "properties" in copy && copy.type === "object" ? { ...copy, additionalProperties: false } : copy;
}

export const SCHEMA = JSON.parse(schemaText(readFileSync(url, "utf8")));

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
const diagnosis = ajv.compile(closed(SCHEMA) as object);
const comparison = ajv.compile({ $ref: `${SCHEMA.$id}#/$defs/comparison` });

function expectValid<T>(validate: ValidateFunction, value: T): T {
  expect(validate(value) ? [] : validate.errors).toEqual([]);
  expect(JSON.parse(JSON.stringify(value))).toStrictEqual(value);
  return value;
}

const validDiagnosis = (value: Diagnosis): Diagnosis => expectValid(diagnosis, value);
export const validComparison = (value: Comparison): Comparison => expectValid(comparison, value);

/** diagnose(), its result held against the schema. */
export const diagnosed = (...given: Parameters<typeof diagnose>): Diagnosis => validDiagnosis(diagnose(...given));
