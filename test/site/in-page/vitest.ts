// What the tests take from vitest, for a page: groups and tests that run one after the other, and the same expect().

import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = chai.expect;

type Body = (...args: never[]) => unknown;

const tests: (readonly [name: string, run: () => unknown])[] = [];
let path: string[] = [];

function group(name: unknown, body: Body, args: readonly unknown[] = []): void {
  const before = path;
  path = [...path, String(name)];
  body(...(args as never[]));
  path = before;
}

function one(name: unknown, body: Body, args: readonly unknown[] = []): void {
  tests.push([[...path, String(name)].join(" > "), () => body(...(args as never[]))]);
}

/** For rows of a table; those that are lists are the arguments. */
const each =
  (add: typeof group) =>
  (rows: readonly unknown[]) =>
  (name: string, body: Body): void => {
    for (const [i, row] of rows.entries()) add(`${name} #${i}`, body, Array.isArray(row) ? row : [row]);
  };

export const describe = Object.assign(group, { each: each(group) });
export const test = Object.assign(one, { each: each(one) });
export const it = test;

/** How many passed, and what went wrong. */
export async function run(): Promise<{ passed: number; failed: string[] }> {
  const failed: string[] = [];
  for (const [name, body] of tests) {
    try {
      await body();
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`.slice(0, 500));
    }
  }
  return { passed: tests.length - failed.length, failed };
}
