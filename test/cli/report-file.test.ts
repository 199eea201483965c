/** The file of a report: of what exists nothing is lost but an older report. */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ReportFile } from "../../src/cli/files/report-file.js";
import { page } from "../../src/cli/report/html.js";
import { FileError, UsageError } from "../../src/cli/terminal/errors.js";
import { halfnorm, refusal, SAMPLES } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { path: inRoot } = temporaryFolder();
const OLD = page({ command: "halfnorm", subject: "an older one", lead: [], parts: [] });
const NEW = page({ command: "halfnorm", subject: "a new one", lead: [], parts: [] });

/** A folder for each test. */
let count = 0;
let folder = "";
const path = (name: string) => `${folder}/${name}`;
beforeEach(() => {
  folder = inRoot(String(count++));
  mkdirSync(folder);
});

function write(name: string, text: string | Uint8Array): string {
  writeFileSync(path(name), text);
  return path(name);
}

function report(name: string, text = NEW): void {
  const file = new ReportFile(name, []);
  file.finish(text);
  file.abandon(); // as commands do at their end
}

function problemOf(name: string, inputs: string[] = []): string {
  const before = readdirSync(folder);
  try {
    new ReportFile(name, inputs).abandon();
  } catch (error) {
    if (!(error instanceof FileError || error instanceof UsageError)) throw error;
    expect(readdirSync(folder)).toEqual(before);
    return error.message.replace(`${name}: `, "");
  }
  throw new Error("it was taken");
}

describe("a report is refused", () => {
  it.each(["", "-"])("for the name %j", (name) => {
    expect(problemOf(name)).toBe(`--html must be the name of a file, got "${name}"`);
  });

  it("where something else exists, of whatever content", () => {
    const mark = OLD.slice(0, 100);
    for (const text of ["", "text", "<!doctype html>\n<p>mine", ` ${mark}`, OLD.replace("halfnorm", "other")]) {
      expect(problemOf(write("other", text))).toBe("exists and is no report of halfnorm: it is not written over");
      expect(readFileSync(path("other"), "utf8")).toBe(text);
    }
  });

  it("for an input, by whatever name", () => {
    const input = write("input.npy", "elements");
    linkSync(input, path("hard"));
    symlinkSync("input.npy", path("soft"));
    mkdirSync(path("sub"));
    for (const name of [input, path("hard"), path("soft"), path("sub/../input.npy"), `${folder}//./input.npy`]) {
      expect(problemOf(name, ["none", input])).toMatch(/^is what is read/);
      expect(problemOf(input, [name])).toMatch(/^is what is read/);
    }
    expect(problemOf(path("hard"))).toMatch(/^exists and is no report/);
    // also if it is a report
    expect(problemOf(write("old.html", OLD), [path("old.html")])).toMatch(/^is what is read/);
  });

  it("where there is no file to be", () => {
    symlinkSync("nothing", path("dangling"));
    symlinkSync("loop", path("loop"));
    expect(problemOf(folder)).toBe("is a directory");
    expect(problemOf(path("none/x.html"))).toBe("no such folder");
    expect(problemOf(path("new/"))).toBe("is no name of a file");
    expect(problemOf(`${write("file", "")}/x.html`)).toBe("no such folder");
    expect(problemOf(path("dangling"))).toBe("is a link that leads nowhere");
    expect(problemOf(path("loop"))).toMatch(/too many symbolic links|leads nowhere/);
    expect(problemOf("/dev/null")).toMatch(/^is no regular file/);
    expect(problemOf(path("x".repeat(256)))).toBe("the name is too long");
  });
});

describe("a report appears", () => {
  it("complete, with the permissions that the process gives", () => {
    const file = new ReportFile(path("new.html"), []);
    expect(existsSync(path("new.html"))).toBe(false);
    const [unfinished, ...more] = readdirSync(folder);
    expect(more).toEqual([]);
    expect(unfinished).toMatch(/^\.halfnorm-[0-9a-f]{24}\.tmp$/);
    file.finish(NEW);
    expect(readdirSync(folder)).toEqual(["new.html"]);
    expect(readFileSync(path("new.html"), "utf8")).toBe(NEW);
    expect(statSync(path("new.html")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it("in the place of an older one, with its permissions", () => {
    for (const mode of [0o640, 0o600, 0o664]) {
      chmodSync(write("old.html", OLD), mode);
      report(path("old.html"));
      expect(readFileSync(path("old.html"), "utf8")).toBe(NEW);
      expect(statSync(path("old.html")).mode & 0o777).toBe(mode);
    }
    symlinkSync("old.html", path("link"));
    report(path("link"), OLD);
    expect(lstatSync(path("link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(path("old.html"), "utf8")).toBe(OLD);
  });

  it("under the longest of names", () => {
    const name = `${"x".repeat(250)}.html`;
    expect(basename(name)).toHaveLength(255);
    report(path(name));
    expect(readdirSync(folder)).toEqual([name]);
  });

  it("not over what others have written meanwhile", () => {
    const fresh = new ReportFile(path("a.html"), []);
    write("a.html", "theirs");
    expect(() => fresh.finish(NEW)).toThrow(/a\.html: has been written by somebody else meanwhile/);
    fresh.abandon();
    const again = new ReportFile(write("b.html", OLD), []);
    renameSync(write("other", "theirs"), path("b.html"));
    expect(() => again.finish(NEW)).toThrow(/b\.html: has been written by somebody else meanwhile/);
    again.abandon();
    expect(readdirSync(folder).sort()).toEqual(["a.html", "b.html"]);
    for (const name of ["a.html", "b.html"]) expect(readFileSync(path(name), "utf8")).toBe("theirs");
  });

  it("not at all when it is given up", () => {
    new ReportFile(path("a.html"), []).abandon();
    new ReportFile(write("b.html", OLD), []).abandon();
    expect(readdirSync(folder)).toEqual(["b.html"]);
    expect(readFileSync(path("b.html"), "utf8")).toBe(OLD);
  });
});

describe("the command line", () => {
  it("keeps the tensors that a shell puts behind --html", async () => {
    const [a, b] = ["a.npy", "b.npy"].map((name) => write(name, readFileSync(`${SAMPLES}digits-conv3-out.npy`)));
    const before = readFileSync(a);
    expect(refusal(await halfnorm(["diagnose", "--html", a, b]))).toBe(
      `${a}: exists and is no report of halfnorm: it is not written over`,
    );
    expect(refusal(await halfnorm(["diagnose", a, "--html", a]))).toMatch(/a\.npy: is what is read/);
    expect(Buffer.compare(readFileSync(a), before)).toBe(0);
  });

  it.each(["diagnose", "sweep"])("refuses no file before work begins, in %s", async (command) => {
    for (const name of ["", "-"]) {
      const args = command === "diagnose" ? [command, "none.npy"] : [command];
      expect(refusal(await halfnorm([...args, "--html", name]))).toBe(
        `--html must be the name of a file, got "${name}"`,
      );
    }
  });

  it("writes the same report again", async () => {
    const args = ["diagnose", "digits-conv3-out.npy", "--norm", "l1", "--no-remedies", "--html", path("r.html")];
    for (let turn = 0; turn < 2; turn++) expect((await halfnorm(args)).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["r.html"]);
  });
});
