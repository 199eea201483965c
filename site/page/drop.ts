// Files that are chosen, or dropped anywhere on the page.

import { byId } from "./dom.js";

const isModel = (file: File): boolean => /\.onnx$/i.test(file.name);
const isArchive = (file: File): boolean => /\.(npz|safetensors)$/i.test(file.name);

export interface Takers {
  tensors(file: File): void;
  /** @param inputs Dropped along with it. */
  model(file: File, inputs: File | undefined): void;
}

function take(files: readonly File[], takers: Takers): void {
  const model = files.find(isModel);
  if (model) takers.model(model, files.find(isArchive));
  else if (files[0]) takers.tensors(files[0]);
}

export function acceptFiles(takers: Takers): void {
  const input = byId<HTMLInputElement>("file");
  input.addEventListener("change", () => {
    take([...(input.files ?? [])], takers);
    // the same file may be chosen again, when it has been written anew
    input.value = "";
  });
  let depth = 0;
  const over = (by: number): void => {
    depth = Math.max(0, depth + by);
    document.body.classList.toggle("over", depth > 0);
  };
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragenter", (event) => hasFiles(event) && over(1));
  addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(-depth);
    take([...(event.dataTransfer?.files ?? [])], takers);
  });
}
