// What has been found of a layer, over all runs.

import type { FormatName } from "../index.js";
import { worseEffects } from "./effects.js";
import { KernelJudgement } from "./judge.js";
import type { Kind } from "./kinds.js";
import type { LayerCall } from "./layer-call.js";
import type { Normalization } from "./normalization.js";
import type { Effect, ModelLayer } from "./result.js";

export class LayerState {
  readonly judgements: readonly KernelJudgement[];
  private readonly effects: (Effect[] | undefined)[] = [];
  private last: Pick<ModelLayer, "axes" | "shape" | "note"> | undefined;
  private count = 0;
  private maxAbs: number | null = null;
  /** Why it could not be diagnosed. */
  refused: string | undefined;

  /** @param kinds In the order of the kernels. */
  constructor(
    readonly layer: Normalization,
    readonly name: string,
    readonly kinds: readonly Kind[],
    format: FormatName,
  ) {
    this.judgements = kinds.map((kind) => new KernelJudgement(kind, format));
  }

  /** The layer of one run. @param dims Of the tensor as the model has it. */
  add(call: LayerCall, dims: readonly number[]): void {
    // remedies are for the first kernel that is not ok: others lose less
    let remedies = true;
    for (const judgement of this.judgements) {
      judgement.add(call, remedies);
      if (judgement.kernel?.verdict !== "ok") remedies = false;
    }
    const { data } = call.x;
    for (let i = 0; i < data.length; i++) {
      const size = Math.abs(data[i]);
      if (size < Infinity && !(size <= (this.maxAbs ?? -1))) this.maxAbs = size;
    }
    this.count += data.length;
    const notes = [this.layer.note, call.note].filter((note) => note !== undefined);
    this.last = { axes: [...call.axes], shape: [...dims], ...(notes.length && { note: notes.join("; ") }) };
  }

  /** Of the outputs of the model, with this layer replaced by a kernel. */
  addEffect(kind: number, effects: readonly Effect[]): void {
    this.effects[kind] = worseEffects(this.effects[kind], effects);
  }

  get result(): ModelLayer | undefined {
    if (!this.last) return undefined;
    const { operator, nodes, inputs, output, epsilon, norm } = this.layer;
    const { axes, shape, note } = this.last;
    const remedy = this.judgements.find(({ kernel }) => kernel?.verdict !== "ok")?.remedy;
    return {
      name: this.name,
      operator,
      nodes: nodes.map(({ name }) => name),
      tensor: inputs.join(" + "),
      output,
      axes,
      epsilon,
      norm,
      shape,
      maxAbs: this.maxAbs,
      count: this.count,
      kernels: this.judgements.flatMap(({ kernel }, i) => {
        const effect = this.effects[i];
        return kernel ? [{ ...kernel, ...(effect && { effect }) }] : [];
      }),
      ...(remedy && { remedy }),
      ...(note !== undefined && { note }),
    };
  }
}
