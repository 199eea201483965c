/** What a release is held to: in a repository of its own. */

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";

const script = fileURLToPath(new URL("../../scripts/release-check.mjs", import.meta.url));
const { path } = temporaryFolder();
const folder = path("");

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd: folder, stdio: "pipe" });
const write = (name: string, text: string) => writeFileSync(path(name), text);
const versions = (version: string, locked = version) => {
  write("package.json", JSON.stringify({ version }));
  write("package-lock.json", JSON.stringify({ version: locked, packages: { "": { version: locked } } }));
};
const commit = () => {
  git("add", ".");
  git("commit", "-q", "-m", "a");
};
function found(tag: string): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, tag], { cwd: folder, encoding: "utf8" });
  return { status, lines: `${stdout}${stderr}`.trim().split("\n") };
}

test("the version is the tag's, the changelog has its date, and the tree is clean", () => {
  git("init", "-q");
  versions("1.2.3");
  write("CHANGELOG.md", "# Changelog\n\n## 1.2.3 - 2026-02-28\n\n- Something.\n\n## 1.2.2 - unreleased\n\n- More.\n");
  commit();
  git("tag", "v1.2.3");
  expect(found("v1.2.3")).toEqual({
    status: 0,
    lines: ["v1.2.3: the version, the changelog and the tree are right"],
  });

  // all that is wrong at once
  versions("1.2.2", "1.2.1");
  expect(found("v1.2.3")).toEqual({
    status: 1,
    lines: [
      "package.json has version 1.2.2, the tag is v1.2.3",
      "package-lock.json has version 1.2.1, package.json 1.2.2",
      'the section 1.2.2 of CHANGELOG.md has no date: "## 1.2.2 - unreleased"',
      "the tree is not clean:",
      "M package-lock.json",
      " M package.json",
    ],
  });

  versions("1.2.3");
  write("CHANGELOG.md", "## 1.2.3 - 2026-02-30\n\n- A day that there is not.\n");
  commit();
  expect(found("v1.2.3").lines).toEqual([
    'the section 1.2.3 of CHANGELOG.md has no date: "## 1.2.3 - 2026-02-30"',
    "v1.2.3 is another commit",
  ]);

  write("CHANGELOG.md", "## 1.2.3 - 2026-02-27\n");
  git("commit", "-q", "-a", "-m", "b");
  expect(found("1.2.3").lines).toEqual([
    "a tag as v1.2.3 is needed, not 1.2.3",
    "the section 1.2.3 of CHANGELOG.md is empty",
  ]);
});
