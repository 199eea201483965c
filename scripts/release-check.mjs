/**
 * Whether the tree in this folder is what a tag says: node scripts/release-check.mjs v1.2.3. Names everything that is wrong,
 * and exits with 1 then.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [tag] = process.argv.slice(2);
const wrong = [];
const git = (...args) => execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
const json = (path) => JSON.parse(readFileSync(path, "utf8"));

const { version } = json("package.json");
if (!/^v\d+\.\d+\.\d+(-[\w.]+)?$/.test(tag ?? "")) wrong.push(`a tag as v1.2.3 is needed, not ${tag ?? "none"}`);
else if (tag !== `v${version}`) wrong.push(`package.json has version ${version}, the tag is ${tag}`);

const lock = json("package-lock.json");
for (const found of new Set([lock.version, lock.packages[""].version])) {
  if (found !== version) wrong.push(`package-lock.json has version ${found}, package.json ${version}`);
}

const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m).slice(1);
const section = sections.find((each) => each.startsWith(`${version} - `));
const date = /^\S+ - (\d{4}-\d\d-\d\d)\n/.exec(section ?? "")?.[1];
if (section === undefined) wrong.push(`CHANGELOG.md has no section "${version} - YYYY-MM-DD"`);
else if (!date || new Date(date).toJSON()?.slice(0, 10) !== date) {
  wrong.push(`the section ${version} of CHANGELOG.md has no date: "## ${section.split("\n")[0]}"`);
} else if (!/^- /m.test(section)) wrong.push(`the section ${version} of CHANGELOG.md is empty`);

const changed = git("status", "--porcelain");
if (changed) wrong.push(`the tree is not clean:\n${changed}`);

const tags = git("tag", "--list", tag ?? "");
if (tags && git("rev-parse", `${tag}^{commit}`) !== git("rev-parse", "HEAD")) wrong.push(`${tag} is another commit`);

for (const each of wrong) console.error(each);
if (wrong.length) process.exitCode = 1;
else console.log(`${tag}: the version, the changelog and the tree are right`);
