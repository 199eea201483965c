// The page.

import { byId } from "./page/dom.js";
import { acceptFiles } from "./page/drop.js";
import { ModelPage } from "./page/model-page.js";
import { say } from "./page/say.js";
import { offerFiles } from "./page/taken.js";
import { TensorPage } from "./page/tensor-page.js";

const tensors = new TensorPage();
const models = new ModelPage(() => tensors.show());

acceptFiles({
  tensors: (file) => {
    models.close();
    tensors.open(file);
  },
  model: (file, inputs) => models.open(file, inputs),
});
offerFiles(tensors, models);
// whoever chooses a tensor has done with the model
byId("ask").addEventListener("change", ({ target }) => {
  if ((target as HTMLInputElement).type !== "file") models.close();
});
byId("reset").addEventListener("click", () => models.close());
byId("problem-close").addEventListener("click", () => say(""));
addEventListener("popstate", () => {
  // a link within the page
  if (tensors.isHere) return;
  models.close();
  tensors.goBack();
});
