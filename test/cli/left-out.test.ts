/** What stands beside tensors that can be diagnosed: what is left out of what is read, and what just is not. */
import { describe, expect, it } from "vitest";
import { TensorFile } from "../../src/cli/files/tensor-file.js";
import { halfnorm, refusal } from "../support/cli.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { npyBytes, npyHeader } from "../support/tensor-files.js";

const { path, write } = temporaryFolder();
const DATA = Buffer.from(Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)).buffer);

describe("beside what can be diagnosed", () => {
  const floats = write("floats.npy", npyBytes({ header: npyHeader("<f4", [8, 4]), data: DATA }));
  const integers = write("integers.npy", npyBytes({ header: npyHeader("<i8", [16]), data: DATA }));
  const booleans = write("booleans.npy", npyBytes({ header: npyHeader("|b1", [128]), data: DATA }));
  const number = write("number.npy", npyBytes({ header: npyHeader("<f4", []), data: DATA.subarray(0, 4) }));
  const none = write("none.npy", npyBytes({ header: npyHeader("<f4", [0, 4]) }));
  const options = ["--norm", "l1", "--no-remedies"];

  it("integers, booleans and single numbers are left out with a note", async () => {
    const { code, stdout } = await halfnorm(["diagnose", integers, booleans, floats, number, ...options]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Not diagnosed, of type "<i8": integers\.$/m);
    expect(stdout).toMatch(/^Not diagnosed, of type "\|b1": booleans\.$/m);
    expect(stdout).toMatch(/^Not diagnosed, one number, .*: number\.$/m);
  });

  it("nothing is left only with every reason", async () => {
    expect(refusal(await halfnorm(["diagnose", integers, booleans, number, ...options]))).toMatch(
      /has no float tensor: integers \(of type "<i8"\); booleans \(of type "\|b1"\); number \(one number, /,
    );
  });

  it("what has no elements is fine, with a note", async () => {
    for (const more of [[], ["--html", path("none.html")], ["--jobs", "2", floats]]) {
      const { code, stdout } = await halfnorm(["diagnose", none, ...options, ...more, "--fail-on", "degraded"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^It has no elements: nothing can go wrong\.$/m);
    }
    expect((await halfnorm(["compare", none, none, "--tolerance-ulp", "0"])).code).toBe(0);
  });

  it("integers of Python 2 are lengths as others", async () => {
    const old = npyBytes({ header: npyHeader("<f4", ["8L", "4L"]), data: DATA });
    const file = await TensorFile.open(write("old.npy", old));
    expect(file.tensors[0].shape).toEqual([8, 4]);
    await file.close();
    for (const shape of [
      ["8LL", "4"],
      ["8l", "4"],
      ["L", "32"],
      ["8 L", "4"],
    ]) {
      const wrong = write("wrong.npy", npyBytes({ header: npyHeader("<f4", shape), data: DATA }));
      await expect(TensorFile.open(wrong)).rejects.toThrow(/malformed header/);
    }
  });

  it("float64 beyond float32 is called so", async () => {
    const data = Buffer.from(Float64Array.from({ length: 16 }, (_, i) => (i === 3 ? 1e39 : i)).buffer);
    const file = write("wide.npy", npyBytes({ header: npyHeader("<f8", [4, 4]), data }));
    const { stdout } = await halfnorm(["diagnose", file, ...options]);
    expect(stdout).toMatch(/1 value of float64 is beyond float32: infinite/);
  });
});
