// The form: it shows a view, and says what a user makes of it.

import type { FormatName, LayerName } from "halfnorm";
import { FORMATS, norms as normsOf, number, ORDERS } from "../../src/cli/terminal/values.js";
import { LAYERS, ORDERS as ORDERS_IN_WORDS } from "../../src/diagnosis/words.js";
import type { OrderName } from "../../src/numerics/arithmetic.js";
import { brief, integer } from "../../src/text/words.js";
import { normsText, normText } from "../shared/address.js";
import { SAMPLES, type SampleName } from "../shared/samples.js";
import { DISTRIBUTIONS, type Distribution, type LayerChoice, type Made, RANGES, type View } from "../shared/view.js";
import { byId, fillSelect } from "./dom.js";

const input = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);
const select = (id: string): HTMLSelectElement => byId<HTMLSelectElement>(id);

/** Digits of what a slider is set to. */
const DIGITS = 3;
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
const clamped = (value: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, value));

/** Where a slider stands for a number, and back. */
interface Scale {
  at(value: number): number;
  value(at: number): number;
  words(value: number): string;
}

const SLIDERS: Readonly<Record<"sigma" | "n" | "mean" | "outlier", Scale>> = {
  sigma: { at: Math.log10, value: (at) => rounded(10 ** at), words: (value) => brief(value) },
  n: {
    at: Math.log2,
    value: (at) => clamped(at > 14 ? Number((2 ** at).toPrecision(4)) : Math.round(2 ** at), RANGES.n),
    words: integer,
  },
  // most of the way is near 0
  mean: {
    at: (value) => Math.sign(value) * (Math.abs(value) / RANGES.mean[1]) ** (1 / 6),
    value: (at) => rounded(Math.sign(at) * RANGES.mean[1] * Math.abs(at) ** 6) + 0,
    words: (value) => brief(value),
  },
  outlier: {
    at: (value) => (value / RANGES.outlier[1]) ** (1 / 3),
    value: (at) => rounded(RANGES.outlier[1] * at ** 3),
    words: (value) => (value ? `${brief(value)} σ` : "none"),
  },
};
type SliderName = keyof typeof SLIDERS;

const LAYER_OPTIONS: readonly (readonly [LayerChoice, string])[] = [
  ["auto", "By name and shape"],
  ...(Object.entries(LAYERS) as [LayerName, string][]).map(([name, words]) => [name, words] as const),
  ["axes", "Along axes"],
];

/** @param changed Is told of the view that comes of a change, and whether it is not about to change again. */
export class Controls {
  private view!: View;

  constructor(private readonly changed: (view: View, settled: boolean) => void) {
    fillSelect(
      select("sample"),
      Object.entries(SAMPLES).map(([name, { title }]) => [name, title]),
    );
    fillSelect(select("distribution"), Object.entries(DISTRIBUTIONS));
    fillSelect(select("layer"), LAYER_OPTIONS);
    fillSelect(
      select("format"),
      FORMATS.map((name) => [name, name]),
    );
    fillSelect(select("accumulate"), [
      ["", "the format"],
      ...FORMATS.map((name) => [name, name] as const),
      ["exact", "exact, rounded once"],
    ]);
    fillSelect(
      select("order"),
      ORDERS.map((name) => [name, ORDERS_IN_WORDS[name]]),
    );
    const form = byId<HTMLFormElement>("ask");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.take(event.target as HTMLInputElement, false));
    form.addEventListener("change", (event) => this.take(event.target as HTMLInputElement, true));
  }

  private take(target: HTMLInputElement, settled: boolean): void {
    if (target.type === "file") return;
    // what is typed counts when it is done
    if (!settled && target.type !== "range") return;
    const change = this.changeOf(target.name || target.id, target);
    if (!change) return;
    this.changed({ ...this.view, ...change }, settled);
  }

  private changeOf(id: string, { value, checked }: HTMLInputElement): Partial<View> | undefined {
    const made = (change: Partial<Made>): Partial<View> => ({ made: { ...this.view.made, ...change } });
    /** Tensors differ in what can be asked of them. */
    const anew: Partial<View> = { tensor: "", layer: "auto", axis: undefined, scale: 0, before: "nothing" };
    if (id in SLIDERS) return made({ [id]: SLIDERS[id as SliderName].value(Number(value)) });
    switch (id) {
      case "source":
        return { ...anew, source: value as View["source"] };
      case "sample":
        return { ...anew, sample: value as SampleName };
      case "distribution":
        return made({ distribution: value as Distribution });
      case "tensor":
        return { ...anew, tensor: value };
      case "layer":
        return { layer: value as LayerChoice, axis: undefined };
      case "axis":
        return { axis: value === "" ? undefined : Number(value) };
      case "groups":
        return { groups: Math.max(1, Math.floor(Number(value))) };
      case "axes":
        return this.checked("axes", () => ({
          axes: value.split(",").flatMap((each) => (each.trim() ? [Number(each)] : [])),
        }));
      case "centred":
        return { centred: checked };
      case "norms":
        return this.checked("norms", () => {
          const norms = normsOf("norms", value);
          const norm = norms.find((each) => normText(each) === normText(this.view.norm)) ?? norms[0];
          return { norms, norm };
        });
      case "eps":
        return this.checked("eps", () => ({ eps: value.trim() ? number("eps", value.trim(), 0, 1e30) : undefined }));
      case "format":
        return { format: value as FormatName, ...(value !== "float16" && { statistics: false }) };
      case "accumulate":
        return { accumulate: (value || undefined) as View["accumulate"] };
      case "order":
        return { order: value as OrderName };
      case "statistics":
        // a kernel of runtimes, which has sums of its own
        return { statistics: checked, ...(checked && { accumulate: undefined, order: "lanes" }) };
      default:
        return undefined;
    }
  }

  /** What is wrong is said at the field. */
  private checked(id: string, change: () => Partial<View>): Partial<View> | undefined {
    try {
      const found = change();
      input(id).setCustomValidity("");
      return found;
    } catch (error) {
      input(id).setCustomValidity((error as Error).message.replace(/^--/, ""));
      input(id).reportValidity();
      return undefined;
    }
  }

  /** @param tensors Of the file or sample. */
  show(view: View, tensors: readonly string[], file: string | undefined): void {
    this.view = view;
    const { source, made, layer, statistics } = view;
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="source"]')) {
      radio.checked = radio.value === source;
    }
    for (const each of ["sample", "made", "file"]) byId(`of-${each}`).hidden = each !== source;
    select("sample").value = view.sample;
    select("distribution").value = made.distribution;
    for (const name of Object.keys(SLIDERS) as SliderName[]) {
      const { at, value, words } = SLIDERS[name];
      const slider = input(name);
      // not while it is moved: what it stands for is rounded
      if (value(Number(slider.value)) !== made[name]) slider.value = String(at(made[name]));
      slider.setAttribute("aria-valuetext", words(made[name]));
      byId(`${name}-value`).textContent = words(made[name]);
    }
    byId("file-name").textContent = file ?? "No file chosen yet.";
    byId("of-tensor").hidden = source === "made" || tensors.length < 2;
    fillSelect(
      select("tensor"),
      tensors.map((name) => [name, name]),
    );
    select("tensor").value = view.tensor || tensors[0] || "";
    select("layer").value = layer;
    byId("of-axis").hidden = layer === "auto" || layer === "axes";
    byId("of-groups").hidden = layer !== "group";
    byId("of-axes").hidden = layer !== "axes";
    byId("of-centred").hidden = layer !== "axes";
    input("axis").value = view.axis === undefined ? "" : String(view.axis);
    input("groups").value = String(view.groups);
    input("axes").value = view.axes.join(",");
    input("centred").checked = view.centred;
    input("norms").value = normsText(view.norms);
    input("eps").value = view.eps === undefined ? "" : String(view.eps);
    select("format").value = view.format;
    select("accumulate").value = view.accumulate ?? "";
    select("order").value = view.order;
    input("statistics").checked = statistics;
    input("statistics").disabled = view.format !== "float16";
    for (const id of ["accumulate", "order"]) select(id).disabled = statistics;
    const changes = changesOf(view);
    byId("changes").hidden = !changes;
    byId("changes-text").textContent = changes;
  }
}

/** What was done to the tensor before, in a sentence. */
function changesOf({ scale, before }: View): string {
  const changes = [
    ...(scale ? [`multiplied by 2^${scale}`] : []),
    ...(before === "centre" ? ["its mean is subtracted beforehand"] : []),
    ...(before === "scale groups" ? ["each group multiplied by its own power of two"] : []),
  ];
  return changes.length ? `The tensor is changed: ${changes.join(", ")}.` : "";
}
