// A call of every function of the package in every form: plain data, filling what is given, on tensors in kernel memory.

export type Library = typeof import("../../src/index.js");

export interface Row {
  /** How many times fewer calls there are than of others, since one takes that much longer. Default: 1. */
  readonly fewer?: number;
  readonly calls: Readonly<Record<string, () => unknown>>;
}

const ROWS = 2;
const WIDTH = 4;
const SHAPE = [ROWS, WIDTH];

/**
 * Rows by the names of what the package exports. What is made by a call is disposed of in it.
 *
 * @param module The one that load() is given.
 */
export function leakCalls(library: Library, module: WebAssembly.Module): Record<string, Row> {
  const { tensor, Tensor } = library;
  const data = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.sin(i + 1));
  const bits = library.toFloat16(data);
  const x = { data, shape: SHAPE };
  const resident = tensor(data, SHAPE);
  const residentBits = tensor(bits, SHAPE);
  const out = new Float32Array(data.length);
  const outBits = new Uint16Array(data.length);
  const filled = tensor(out, SHAPE);
  const channels = (n: number) => Float32Array.from({ length: n }, (_, i) => 1 + i);
  const [two, four] = [channels(ROWS), channels(WIDTH)];

  /** Disposes of tensors among the results. */
  const dispose = (result: unknown): void => {
    if (result instanceof Tensor) result.dispose();
    else for (const each of Object.values(result as object)) if (each instanceof Tensor) each.dispose();
  };
  const emulated = { arithmetic: "float16" } as const;

  /** A function of a tensor and options. */
  const transform = (call: (x: object, options: object) => unknown, options: object): Row => ({
    calls: {
      plain: () => call(x, options),
      out: () => call(x, { ...options, out }),
      resident: () => dispose(call(resident, options)),
      "resident out": () => call(resident, { ...options, out: filled }),
    },
  });
  const layer = (call: (x: object, options: object) => unknown, options: object = {}): Row => {
    const { calls } = transform(call, options);
    const again = { ...options, ...emulated };
    return {
      calls: { ...calls, emulated: () => call(x, again), "emulated resident": () => dispose(call(resident, again)) },
    };
  };
  const reduction = (call: (x: object, options: object) => unknown, parts = 2): Row => ({
    calls: {
      plain: () => call(x, { axes: 1 }),
      ...(parts > 1 && { out: () => call(x, { axes: 1, out: new Float32Array(ROWS) }) }),
      resident: () => dispose(call(resident, { axes: 1 })),
      emulated: () => call(x, { axes: 0, ...emulated }),
    },
  });
  const gradient = (
    call: (dy: object, x: object, options: object) => unknown,
    options: object,
    result = "dx",
  ): Row => ({
    calls: {
      plain: () => call(x, x, options),
      out: () => call(x, x, { ...options, out: { [result]: out } }),
      resident: () => dispose(call(resident, resident, options)),
    },
  });
  // biome-ignore lint/suspicious/noExplicitAny: options of every function
  const any = (call: unknown): any => call;

  const trained = new library.BatchNorm({ channels: WIDTH });
  const gathered = library.partial("l2", { axes: 1 }).add(x);
  const plan = library.normSchedule([two, two]);
  const diagnosis = library.diagnose(x, { layer: "layer", ...emulated, remedies: false });
  const comparison = library.compare(x, x);

  let formats = 0;

  return {
    tensor: { calls: { plain: () => tensor(data, SHAPE).dispose(), resident: () => tensor(resident).dispose() } },
    empty: { calls: { plain: () => library.empty(SHAPE).dispose() } },
    Tensor: {
      calls: {
        copies: () => tensor(resident, [WIDTH, ROWS]).dispose(),
        data: () => resident.data[0],
        slice: () => resident.slice(),
      },
    },
    memory: { calls: { plain: () => library.memory() } },
    tidy: { calls: { resident: () => library.tidy(() => void library.layerNorm(tensor(data, SHAPE))) } },
    format: {
      calls: {
        plain: () => library.format({ precision: 5, emin: -14, emax: 15 }),
        // another one each time
        others: () =>
          library.format({
            precision: 24,
            emin: -14,
            emax: 127,
            max: (2 ** 23 + ++formats) * 2 ** 104,
            overflow: "nan",
          }),
      },
    },
    toFloat16: {
      calls: {
        plain: () => library.toFloat16(data),
        out: () => library.toFloat16(data, { out: outBits }),
        resident: () => dispose(library.toFloat16(resident)),
      },
    },
    fromFloat16: {
      calls: {
        plain: () => library.fromFloat16(bits),
        out: () => library.fromFloat16(bits, { out }),
        resident: () => dispose(library.fromFloat16(residentBits)),
      },
    },
    round: transform(
      any((t: object, o: object) => library.round(any(t), "bfloat16", o)),
      {},
    ),
    trelu: transform(any(library.trelu), {}),
    norm: reduction(any(library.norm)),
    mean: reduction(any(library.mean)),
    statistics: reduction(any(library.statistics), 1),
    batchNorm: layer(any(library.batchNorm), { weight: four, bias: four }),
    layerNorm: layer(any(library.layerNorm), { weight: four, bias: four }),
    rmsNorm: layer(any(library.rmsNorm), { weight: four }),
    instanceNorm: layer(any(library.instanceNorm)),
    groupNorm: layer(any(library.groupNorm), { groups: 2 }),
    lpNormalize: layer(any(library.lpNormalize)),
    weightNorm: layer(any(library.weightNorm), { g: two }),
    boundedWeightNorm: layer(any(library.boundedWeightNorm), { g: two }),
    batchNormBackward: gradient(any(library.batchNormBackward), {}),
    layerNormBackward: gradient(any(library.layerNormBackward), { weight: four }),
    rmsNormBackward: gradient(any(library.rmsNormBackward), {}),
    instanceNormBackward: gradient(any(library.instanceNormBackward), {}),
    groupNormBackward: gradient(any(library.groupNormBackward), { groups: 2 }),
    weightNormBackward: gradient(any(library.weightNormBackward), { g: two }, "dv"),
    boundedWeightNormBackward: gradient(any(library.boundedWeightNormBackward), { g: two }, "dv"),
    BatchNorm: {
      calls: {
        train: () => trained.train(x),
        infer: () => trained.infer(x),
        backward: () => trained.backward(x),
        resident: () => dispose(trained.infer(resident)),
        made: () => new library.BatchNorm({ channels: WIDTH }),
      },
    },
    foldBatchNorm: { calls: { plain: () => library.foldBatchNorm({ weight: x }, { mean: two, deviation: two }) } },
    partial: { calls: { plain: () => library.partial("l2", { axes: 1 }).add(x).result() } },
    PartialStatistics: {
      calls: {
        merge: () => library.partial("l2", { axes: 1 }).add(x).merge(gathered),
        "as JSON": () => library.PartialStatistics.from(any(gathered.toJSON())),
      },
    },
    channelNorms: { calls: { plain: () => library.channelNorms(x), resident: () => library.channelNorms(resident) } },
    effectiveStepSize: { calls: { plain: () => library.effectiveStepSize(0.1, two) } },
    correctedLearningRate: { calls: { plain: () => library.correctedLearningRate(0.1, two, two) } },
    normSchedule: { calls: { plain: () => library.normSchedule([two, two]), epochs: () => plan(0.5) } },
    rescaleToNorms: transform(any(library.rescaleToNorms), { norms: two }),
    compare: {
      fewer: 10,
      calls: { plain: () => library.compare(x, x), resident: () => library.compare(resident, resident) },
    },
    diagnose: {
      fewer: 1000,
      calls: {
        plain: () => library.diagnose(x, { layer: "layer", ...emulated, remedies: false }),
        remedies: () => library.diagnose(resident, { layer: "rms", ...emulated, remedies: true }),
      },
    },
    formatDiagnosis: { fewer: 100, calls: { plain: () => library.formatDiagnosis(diagnosis) } },
    formatComparison: { fewer: 100, calls: { plain: () => library.formatComparison(comparison) } },
    load: { fewer: 10_000, calls: { plain: () => library.load({ module }) } },
  };
}
