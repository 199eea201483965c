/**
 * Writes what each entry of the package declares into test/fixtures/api/, by API Extractor: a change of what users can write shows in
 * the diff of a commit. With --check it writes nothing, and exits with 1 where a report is another one.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "test/fixtures/api");
const check = process.argv.includes("--check");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Declarations by entries: those of the package that are not files of their own. */
const entries = Object.entries(manifest.exports).filter(([name, to]) => !/\.\w+$/.test(name) && to.types);

const folder = mkdtempSync(join(tmpdir(), "halfnorm-api-"));
mkdirSync(reports, { recursive: true });
for (const [name, { types }] of entries) {
  const file = `halfnorm${name.slice(1).replace("/", "-")}.api.md`;
  const mainEntryPointFilePath = join(root, types);
  const compilerOptions = { target: "es2022", module: "nodenext", types: [], strict: true, skipLibCheck: true };
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(root, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: { ...compilerOptions, lib: ["es2022", "esnext.disposable"] },
          files: [mainEntryPointFilePath],
        },
      },
      // what other declarations name is shown, too
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: file,
        reportFolder: folder,
        reportTempFolder: join(folder, "new"),
      },
    },
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      // that a report is new, and which compiler there is; of the rest, what TSDoc would like otherwise is no matter here
      message.handled = message.category !== "Compiler";
    },
  });
  if (!succeeded) process.exitCode = 1;
  const [found, kept] = [join(folder, file), join(reports, file)];
  if (existsSync(kept) && readFileSync(kept, "utf8") === readFileSync(found, "utf8")) continue;
  if (check) {
    console.error(
      `${name} declares other things than ${file} of test/fixtures/api says: npm run api:write writes it anew`,
    );
    process.exitCode = 1;
  } else copyFileSync(found, kept);
}
rmSync(folder, { recursive: true });
