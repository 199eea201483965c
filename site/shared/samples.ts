// The samples that the page comes with: those of the repository, by the names that they have in the page's address.

export interface Sample {
  /** In samples/. */
  readonly file: string;
  /** In a list to choose from. */
  readonly title: string;
}

/** The first one is shown to whoever has asked for nothing. */
export const SAMPLES = {
  outlier: {
    file: "transformer-residual-outlier-64.npy",
    title: "Residual stream of a transformer, one feature far out",
  },
  residual: { file: "transformer-residual.npy", title: "Residual stream of a transformer" },
  conv1: { file: "digits-conv1-out.npy", title: "Output of a first convolution" },
  conv3: { file: "digits-conv3-out.npy", title: "Output of a third convolution" },
  gradient: { file: "digits-conv2-grad.npy", title: "Gradient at a second convolution" },
  weight: { file: "transformer-ffn-weight.npy", title: "Weight of a feed-forward layer" },
  network: { file: "digits-cnn.safetensors", title: "Parameters of a small network" },
} as const satisfies Record<string, Sample>;

export type SampleName = keyof typeof SAMPLES;
