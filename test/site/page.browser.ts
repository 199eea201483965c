// The page, as a user goes through it, in Chromium and in Firefox.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { type BrowserName, isMissing, launch } from "../support/browsers.js";
import { modelBytes } from "../support/onnx-model.js";
import { transformer } from "../support/onnx-networks.js";
import { checkedReport } from "../support/report.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { safetensorsBytes } from "../support/tensor-files.js";
import { OpenedPage, utf8 } from "./opened.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const site = inject("site");
const { path, write } = temporaryFolder();
const sample = (name: string): string => join(ROOT, "samples", name);
const fixture = (name: string): string => join(ROOT, "test", "fixtures", "tensors", name);

/** Where the page must not ask, which browsers complain of when a test tries it. */
const ELSEWHERE = "https://example.com/";

/** What the command line says of the same. */
const commandLine = (...args: string[]): string =>
  execFileSync(process.execPath, [join(ROOT, "dist", "cli", "halfnorm.js"), ...args], { encoding: "utf8" });

describe.each(["chromium", "firefox"] as BrowserName[])("the page in %s", (name) => {
  describe.skipIf(isMissing(name))("as it is served", () => {
    let browser: Browser;
    let opened: OpenedPage;
    const open = async (query = ""): Promise<OpenedPage> => {
      opened = await OpenedPage.open(browser, site + query);
      return opened;
    };

    beforeAll(async () => {
      browser = await launch(name);
    });
    afterEach(async () => {
      const { complaints, strangers } = opened;
      await opened.close();
      const unexpected = [...complaints, ...strangers].filter((each) => !each.includes(ELSEWHERE));
      expect(unexpected).toEqual([]);
    });
    afterAll(() => browser?.close());

    it("shows a norm that fails silently, without a click", async () => {
      const page = await open();
      await page.verdict(/^L2 layer norm fails silently in float16\.$/);
      expect(await page.text('[role="status"] #reason')).toBe(
        "A square overflows in 55 of 64 groups (first: group 0, element 17) and the output there is zeros: no NaN and no infinity shows it.",
      );
      await page.settled();
      const rows = await page.page.$$eval("#norms-table tbody tr", (all) => all.map((row) => row.textContent));
      expect(rows.map((row) => /^(\S+?)(ok|failed)/.exec(row ?? "")?.slice(1))).toEqual([
        ["L2", "failed"],
        ["L1", "ok"],
        ["L∞", "ok"],
        ["top-10", "ok"],
        ["range", "ok"],
      ]);
      expect(await page.text("#running-figure figcaption p")).toMatch(/overflows in float16 within 18 of 128 terms/);
      expect(await page.text("#sigma-figure")).toMatch(/The σ of this data is \d+\./);
    });

    it("applies what helps, and goes back", async () => {
      const page = await open();
      await page.verdict(/fails silently/);
      await page.settled();
      await page.click('button[aria-label^="Apply: scale x by 2^-5"]');
      await page.verdict(/^L2 layer norm is safe in float16\.$/);
      expect(await page.text("#changes")).toContain("multiplied by 2^-5");
      expect(new URL(page.page.url()).searchParams.get("scale")).toBe("-5");
      await page.page.evaluate(() => history.back());
      await page.verdict(/fails silently/);
      expect(new URL(page.page.url()).search).toBe("");
    });

    it("is where its address says, as often as it is loaded", async () => {
      const query = "?sample=conv1&norms=l1,top10&norm=top10&order=sequential&format=bfloat16&eps=0.001";
      const page = await open(query);
      await page.verdict(/^Top-10 batch norm/);
      await page.settled();
      const seen = await page.text("#norms-table");
      expect(await page.page.$eval("#eps", (field) => (field as HTMLInputElement).value)).toBe("0.001");
      await page.page.reload();
      await page.verdict(/^Top-10 batch norm/);
      await page.settled();
      expect(await page.text("#norms-table")).toBe(seen);
    });

    it("takes nothing from an address that is none of its own", async () => {
      const page = await open("?source=else&format=float7&norms=l0&eps=-1&axes=9,x&scale=1e9&n=1e99&sample=../../etc");
      await page.verdict(/^L2 layer norm fails silently in float16\.$/);
    });

    it("makes data, and follows sliders", async () => {
      const page = await open("?source=made");
      await page.verdict(/^L2 layer norm is safe in float16\.$/);
      await page.slide("#sigma", 3);
      await page.verdict(/^L2 layer norm fails/);
      expect(await page.text("#sigma-value")).toBe("1000");
      await page.slide("#sigma", 0);
      await page.choose("#order", "sequential");
      await page.type("#norms", "l1");
      await page.slide("#n", 16);
      await page.until("a sum that stands still", async () =>
        /stands still/.test(await page.text("#running-figure figcaption")),
      );
      expect(page.page.url()).toContain("n=65540");
      expect(await page.page.$eval("#n", (slider) => slider.getAttribute("aria-valuetext"))).toBe("65,540");
    });

    it("reads files of every kind, one tensor of several", async () => {
      const page = await open();
      await page.upload("#file", sample("digits-conv3-out.npy"));
      await page.verdict(/^L2 batch norm/);
      expect(await page.text("#about")).toMatch(/^digits-conv3-out\.npy: float32 \[64, 64, 4, 4\], batch norm/);
      await page.upload("#file", sample("digits-cnn.safetensors"));
      await page.until("names", async () => (await page.text("#tensor")).includes("conv2.weight"));
      await page.choose("#tensor", "conv2.weight");
      await page.until("the weight", async () => (await page.text("#about")).includes("uncentred over axes 1, 2, 3"));
      for (const archive of ["stored.npz", "deflated.npz"]) {
        await page.upload("#file", fixture(archive));
        await page.until(archive, async () => (await page.text("#about")).startsWith(archive));
      }
      await page.upload("#file", fixture("f4-big-fortran.npy"));
      await page.until("another order", async () => (await page.text("#about")).startsWith("f4-big-fortran.npy"));
      expect(await page.text("#problem")).not.toMatch(/[a-z]/);
    });

    it("says what is wrong with a file, and goes on", async () => {
      const page = await open();
      await page.verdict(/fails silently/);
      const bad: [string, Buffer | string, RegExp][] = [
        ["cut.npy", readFileSync(sample("digits-conv3-out.npy")).subarray(0, 5000), /cut\.npy: is truncated/],
        ["page.safetensors", "<!doctype html><title>Sign in</title>", /is an HTML page, not tensors/],
        ["pointer.npy", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /is a Git LFS pointer/],
        ["empty.npz", "", /empty\.npz: is empty/],
        [
          "cut.npz",
          readFileSync(fixture("stored.npz")).subarray(0, 900),
          /is truncated: a zip archive without its end/,
        ],
        [
          "noise.npy",
          Buffer.from(Uint8Array.from({ length: 4096 }, (_, i) => (i * 97) & 255)),
          /is no \.npy, \.npz or/,
        ],
        [
          "gap.safetensors",
          safetensorsBytes({ x: { dtype: "F32", shape: [2], data_offsets: [4, 12] } }, Buffer.alloc(12)),
          /leaves a gap/,
        ],
        ["no.onnx", "no model at all", /no\.onnx: /],
      ];
      for (const [file, content, problem] of bad) {
        write(file, Buffer.from(content));
        await page.upload("#file", path(file));
        await page.until(`what is wrong with ${file}`, async () => problem.test(await page.text('[role="alert"]')));
      }
      await page.click("#model-close");
      await page.upload("#file", sample("transformer-residual.npy"));
      await page.verdict(/^L2 layer norm is safe/);
      expect(await page.page.$eval("#problem", (alert) => (alert as HTMLElement).hidden)).toBe(true);
    });

    it("gives files that are those of the command line", async () => {
      const page = await open();
      await page.upload("#file", sample("digits-conv2-grad.npy"));
      await page.until("the file", async () => (await page.text("#about")).startsWith("digits-conv2-grad"));
      await page.settled();
      const json = await page.saved("#get-json");
      expect(json.name).toBe("digits-conv2-grad.json");
      const expected = JSON.parse(commandLine("diagnose", sample("digits-conv2-grad.npy"), "--json"));
      const named = {
        ...expected,
        tensors: expected.tensors.map((one: object) => ({ ...one, file: "digits-conv2-grad.npy" })),
      };
      // the last digit of a logarithm is the engine's choice
      const digits = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(12)) : value);
      expect(JSON.parse(utf8(json.text), digits)).toEqual(JSON.parse(JSON.stringify(named), digits));

      const html = utf8((await page.saved("#get-html")).text);
      checkedReport(html);
      const out = path("report.html");
      commandLine("diagnose", sample("digits-conv2-grad.npy"), "--html", out);
      const words = (text: string): string => text.replace(/<svg.*?<\/svg>/gs, "");
      const same = words(readFileSync(out, "utf8")).replaceAll(
        sample("digits-conv2-grad.npy"),
        "digits-conv2-grad.npy",
      );
      expect(words(html)).toBe(same);

      const npy = await page.saved("#get-npy");
      const original = readFileSync(sample("digits-conv2-grad.npy"));
      expect(
        Buffer.from(npy.text, "latin1")
          .subarray(-original.length + 128)
          .equals(original.subarray(128)),
      ).toBe(true);
    });

    it("gives lines that repeat what it shows", async () => {
      const page = await open(
        "?source=made&sigma=300&outlier=40&n=512&norms=l2,l1&format=float16&order=pairwise&scale=1",
      );
      await page.settled();
      const reason = await page.text("#reason");
      const { name: file, text } = await page.saved("#get-npy");
      write(file, Buffer.from(text, "latin1"));
      const lines = (language: string): Promise<string> => page.text(`#code-${language} code`);
      const script = (await lines("typescript"))
        .replace('"halfnorm"', JSON.stringify(join(ROOT, "dist", "index.js")))
        .replace(`"${file}"`, JSON.stringify(path(file)));
      writeFileSync(path("repeat.mjs"), script);
      const shown = execFileSync(process.execPath, [path("repeat.mjs")], { encoding: "utf8" }).split("\n")[0];
      const [, words] = /^\w+ (.*)$/.exec(shown) as RegExpExecArray;
      expect(reason.toLowerCase()).toBe(`${words}.`.toLowerCase());
      const [, ...args] = (await lines("command-line")).replace("npx ", "").split(" ");
      const told = commandLine(...args.map((each) => (each === file ? path(file) : each)), "--json");
      expect(JSON.parse(told).tensors[0].diagnoses[0].reason).toBe(words);
      expect(await lines("pytorch")).toMatch(/torch\.from_numpy\(numpy\.load\("made\.npy"\)\)/);
    });

    it("diagnoses a model, layer by layer", async () => {
      write("block.onnx", Buffer.from(modelBytes(transformer(17, false, 60))));
      const page = await open();
      await page.upload("#file", path("block.onnx"));
      await page.until("the model", async () => /^1 of 3 normalizations fails/.test(await page.text("#model-title")));
      expect(await page.page.$$eval("#layers-table tbody tr", (rows) => rows.length)).toBe(3);
      await page.click("#layers-table button");
      // a link within the page leaves the model where it is
      await page.click("a.skip");
      expect(await page.text("#layer-reason")).toMatch(/^failed: /);
      const keep = await page.saved("#get-keep");
      expect(JSON.parse(keep.text).node_block_list).toHaveLength(9);
      const { layers } = JSON.parse(utf8((await page.saved("#get-json")).text));
      expect(layers.map(({ kernels }: { kernels: { verdict: string }[] }) => kernels[0].verdict)).toEqual([
        "failed",
        "ok",
        "ok",
      ]);
      checkedReport(utf8((await page.saved("#get-html")).text));
      await page.click("#model-close");
      await page.verdict(/fails silently/);
    });

    it("asks nobody but where it comes from, in its workers, too", async () => {
      const page = await open();
      await page.verdict(/fails silently/);
      const refused = await page.page.evaluate(async (elsewhere) => {
        const tried = (script: string): Promise<string> =>
          new Promise((resolve) => {
            const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            new Worker(url, { type: "module" }).onmessage = ({ data }) => resolve(data);
          });
        const ask = `fetch("${elsewhere}").then(() => "asked", () => "refused")`;
        return [
          await tried(`${ask}.then(postMessage)`),
          await fetch(elsewhere).then(
            () => "asked",
            () => "refused",
          ),
        ];
      }, ELSEWHERE);
      expect(refused).toEqual(["refused", "refused"]);
    });
  });
});
