// What is used of onnxruntime-node or onnxruntime-web, which callers give: the part that both have.

export type OrtData =
  | Float32Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float64Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

/** A tensor of onnxruntime. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  dispose?(): void;
}

export interface OrtSession {
  run(feeds: Record<string, OrtTensor>, fetches: readonly string[]): Promise<Record<string, OrtTensor>>;
  release?(): Promise<void>;
}

/** The module: `import * as ort from "onnxruntime-web"`, or `"onnxruntime-node"`. */
export interface OrtRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: Record<string, unknown>): Promise<OrtSession>;
  };
  readonly Tensor: new (type: string, data: OrtData, dims: readonly number[]) => OrtTensor;
}

/** float32 in both; what is not warned of is what becomes of a part of a model that is cut out of it. */
const OPTIONS = {
  executionProviders: ["cpu"],
  logSeverityLevel: 4,
  // parts come and go: what one has had is not kept for it
  enableCpuMemArena: false,
  enableMemPattern: false,
};

export const createSession = (runtime: OrtRuntime, model: Uint8Array): Promise<OrtSession> =>
  runtime.InferenceSession.create(model, OPTIONS);
