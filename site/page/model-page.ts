// A model: how it is run, and what is shown of it.

import type { ModelDiagnosis } from "halfnorm/onnx";
import { RUNTIME_NAMES } from "../../src/onnx/runtimes.js";
import { modelLines } from "./code.js";
import { byId, fillSelect } from "./dom.js";
import { Link } from "./link.js";
import { Progress } from "./progress.js";
import { showLines } from "./repeat.js";
import { say } from "./say.js";

const RANDOM =
  "Run twice on random inputs: what is found holds for such data. Inputs of your own, by name, are a .npz or .safetensors file.";

export class ModelPage {
  private file: File | undefined;
  private inputs: File | undefined;
  private found: ModelDiagnosis | undefined;
  private readonly link = new Link();
  private readonly progress = new Progress("model-progress", "model-cancel");

  /** @param closed Is told that there is no model any more. */
  constructor(private readonly closed: () => void) {
    const runtime = byId<HTMLSelectElement>("runtime");
    fillSelect(runtime, [["", "every kind"], ...RUNTIME_NAMES.map((name) => [name, name] as const)]);
    runtime.addEventListener("change", () => void this.ask());
    byId<HTMLInputElement>("inputs").addEventListener("change", ({ target }) => {
      this.inputs = (target as HTMLInputElement).files?.[0];
      void this.ask();
    });
    byId("model-cancel").addEventListener("click", () => {
      this.link.cancel();
      this.progress.end();
      byId("model-title").textContent = "Cancelled.";
      byId("model-about").textContent = this.file?.name ?? "";
    });
    byId("model-close").addEventListener("click", () => this.close());
  }

  get isOpen(): boolean {
    return this.file !== undefined;
  }

  /** undefined until it is diagnosed. */
  get diagnosed(): ModelDiagnosis | undefined {
    return this.found;
  }

  open(file: File, inputs: File | undefined): void {
    this.file = file;
    this.inputs = inputs;
    byId<HTMLInputElement>("inputs").value = "";
    void this.ask();
  }

  close(): void {
    if (!this.file) return;
    this.link.cancel();
    this.progress.end();
    this.file = undefined;
    this.found = undefined;
    this.toggle(false);
    this.closed();
  }

  private toggle(shown: boolean): void {
    for (const id of ["model-view", "model-box", "get-keep"]) byId(id).hidden = !shown;
    const ofTensors = ["tensor-view", "verdict-box", "layer-fields", "arithmetic-fields", "get-npy", "get-link"];
    for (const id of ofTensors) byId(id).hidden = shown;
  }

  private async ask(): Promise<void> {
    const { file, inputs, progress } = this;
    if (!file) return;
    const runtime = byId<HTMLSelectElement>("runtime").value;
    this.found = undefined;
    this.toggle(true);
    say("");
    byId("model-title").textContent = `Running ${file.name} …`;
    byId("model-title").dataset.verdict = "";
    byId("model-about").textContent = "onnxruntime comes with the first model: a moment, please.";
    byId("model-inputs").textContent = inputs ? `Run on ${inputs.name}.` : RANDOM;
    for (const id of ["model-body", "layer-view"]) byId(id).hidden = true;
    showLines(modelLines(file.name, inputs?.name, runtime));
    progress.begin();
    try {
      const [found, { showLayer, showModel }] = await Promise.all([
        this.link.ask({ kind: "model", file, inputs, runtime }, { progress: (done) => progress.update(done) }),
        import("./model-view.js"),
      ]);
      if (!found) return;
      this.found = found;
      byId("model-body").hidden = false;
      showModel(found, (depth) => {
        showLayer(found, depth);
        byId("layer-title").focus();
      });
      showLayer(found, undefined);
    } catch (error) {
      byId("model-title").textContent = "This cannot be diagnosed.";
      byId("model-about").textContent = file.name;
      say((error as Error).message);
    }
    if (!this.link.busy) progress.end();
  }
}
