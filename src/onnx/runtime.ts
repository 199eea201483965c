// What is used of onnxruntime-node or onnxruntime-web, which callers give: the part that both have.

import { elementBytes, typeNumber } from "./data-types.js";
import { quote } from "./words.js";

/** Elements of a tensor, as onnxruntime has them. */
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
  /** Type of the elements, such as "float32" or "int64". */
  readonly type: string;
  /** One length for each dimension. */
  readonly dims: readonly number[];
  /** Elements, row-major; float16 as bits. */
  readonly data: unknown;
  /** Gives its memory back, where the runtime has that. */
  dispose?(): void;
}

/** A session of onnxruntime, as much of it as is used. */
export interface OrtSession {
  /** The tensors that are fetched, by name, for those that are fed. */
  run(
    feeds: Record<string, OrtTensor>,
    fetches: readonly string[],
    options?: Record<string, unknown>,
  ): Promise<Record<string, OrtTensor>>;
  /** Gives the memory of the session back. */
  release?(): Promise<void>;
}

/** The module: `import * as ort from "onnxruntime-web"`, or `"onnxruntime-node"`. */
export interface OrtRuntime {
  /** What sessions are made by. */
  readonly InferenceSession: {
    /** A session for the bytes of a .onnx file. */
    create(model: Uint8Array, options?: Record<string, unknown>): Promise<OrtSession>;
  };
  /** What tensors are made by. */
  readonly Tensor: {
    /** A tensor of elements that are given, row-major. */
    new (type: string, data: OrtData, dims: readonly number[]): OrtTensor;
  };
}

/** float32 in both; what is not warned of is what becomes of a part of a model that is cut out of it. */
const OPTIONS = {
  executionProviders: ["cpu"],
  logSeverityLevel: 4,
  // parts come and go: what one has had is not kept for it
  enableCpuMemArena: false,
  enableMemPattern: false,
};

/** @throws What the runtime throws, or a TypeError for what is no session. */
export async function createSession(runtime: OrtRuntime, model: Uint8Array): Promise<OrtSession> {
  const session: OrtSession | undefined = await runtime.InferenceSession.create(model, OPTIONS);
  if (typeof session?.run !== "function") throw new TypeError("onnxruntime gave no session");
  return session;
}

/** Runs a session. @throws What the runtime throws, or a TypeError for outputs that are none. */
export async function runSession(
  session: OrtSession,
  feeds: Record<string, OrtTensor>,
  fetches: readonly string[],
): Promise<Map<string, OrtTensor>> {
  const found: Record<string, OrtTensor> | undefined = await session.run(feeds, fetches, { logSeverityLevel: 4 });
  return new Map(
    fetches.map((name) => {
      const tensor = found && Object.hasOwn(found, name) ? found[name] : undefined;
      if (!tensor || !isTensor(tensor))
        throw new TypeError(`onnxruntime gave no tensor ${quote(name)}, or a broken one`);
      return [name, tensor];
    }),
  );
}

/** Ends a session. What is wrong with that is nothing to what it has given. */
export async function releaseSession(session: OrtSession | undefined): Promise<void> {
  try {
    await session?.release?.();
  } catch {}
}

/** Whether it has the elements that it says it has. */
function isTensor({ type, dims, data }: OrtTensor): boolean {
  if (!Array.isArray(dims)) return false;
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (type === "string") return Array.isArray(data) && data.length === count;
  const bytes = typeof type === "string" && elementBytes(typeNumber(type) ?? 0);
  // of types that have no array in JavaScript, nothing is told
  if (!bytes) return typeof type === "string";
  return ArrayBuffer.isView(data) && data.byteLength === count * bytes;
}
