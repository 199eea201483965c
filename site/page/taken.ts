// Files that a user takes along: the report, JSON, the tensor, the list of nodes to keep.

import { byId, save } from "./dom.js";
import type { ModelPage } from "./model-page.js";
import { copy } from "./repeat.js";
import { say } from "./say.js";
import type { TensorPage } from "./tensor-page.js";

const stem = (name: string): string => name.replace(/\.[a-z]+$/i, "") || "halfnorm";

const NOT_YET = "It is not diagnosed yet.";

function onClick(id: string, take: () => Promise<void>): void {
  byId(id).addEventListener("click", async () => {
    say("");
    try {
      await take();
    } catch (error) {
      say((error as Error).message);
    }
  });
}

export function offerFiles(tensors: TensorPage, models: ModelPage): void {
  onClick("get-json", async () => {
    const { diagnosed: model } = models;
    if (model) {
      save(`${stem(model.model)}.json`, `${JSON.stringify(model, null, 2)}\n`, "application/json");
    } else if (tensors.diagnosed && !models.isOpen) {
      const { reportJson } = await import("./report.js");
      save(`${stem(tensors.diagnosed.file)}.json`, reportJson(tensors.diagnosed), "application/json");
    } else {
      say(NOT_YET);
    }
  });
  onClick("get-html", async () => {
    const { diagnosed: model } = models;
    if (model) {
      const { modelPage } = await import("./model-view.js");
      save(`${stem(model.model)}.html`, modelPage(model), "text/html");
    } else if (tensors.diagnosed && !models.isOpen) {
      const [found, { reportHtml }] = await Promise.all([tensors.forReport(), import("./report.js")]);
      if (found) save(`${stem(found.tensor.file)}.html`, reportHtml(found), "text/html");
    } else {
      say(NOT_YET);
    }
  });
  onClick("get-npy", async () => {
    const found = await tensors.npy();
    if (found) save(found.name, found.bytes, "application/octet-stream");
  });
  onClick("get-keep", async () => {
    const { keepJson } = await import("./model-view.js");
    if (models.diagnosed) save("keep.json", keepJson(models.diagnosed), "application/json");
    else say(NOT_YET);
  });
  onClick("get-link", () => copy(tensors.address, "Link"));
}
