/** Other libraries on the same data: those of bench/peers, where they are installed. */

import { existsSync } from "node:fs";
import type * as bench from "../../bench/peers/peer.mjs";
import { batchNorm, layerNorm, norm, rmsNorm } from "../../src/index.js";
import * as real from "../oracle/real.js";
import { any } from "../support/refuses.js";
import { DISTRIBUTIONS } from "./distributions.js";
import { Collected, type Errors, summary } from "./errors.js";
import { EPS, type Exactly, exactly, filled, LAYERS, type Layer } from "./layers.js";

export interface PeerRow {
  readonly operation: string;
  readonly peer: string;
  readonly errors: Errors;
}

/** In the folder above, as this file and what it is bundled into are. */
const FOLDER = new URL("../../bench/peers/", import.meta.url);
const FILES = ["onnxruntime-web", "onnxruntime-node", "tensorflow", "numpy", "jax"];

export const peersAreInstalled = (): boolean => existsSync(new URL("node_modules", FOLDER));

const OPERATIONS = ["l1", "l2", "linf", "layerNorm", "rmsNorm", "batchNorm"] as const;
/** Ordinary data, and data with a mean that is large beside its deviation. */
const ON = ["normal", "1e4 + normal"] as const;
type Operation = (typeof OPERATIONS)[number];
type Solution = (problem: bench.Problem) => Promise<bench.Solution | undefined>;

const own: Solution = async ({ operation, x, shape }) => {
  const layers = { layerNorm, rmsNorm, batchNorm };
  const result = () =>
    operation in layers
      ? any(layers[operation as keyof typeof layers])({ data: x, shape }).data
      : norm(x, { norm: operation as "l1" }).data;
  return { run: () => {}, result };
};

function problemOf(operation: Operation, data: Float32Array): bench.Problem {
  const n = data.length;
  const shape = operation === "batchNorm" ? [2, 3, n, 1] : operation.endsWith("Norm") ? [2, n] : [n];
  const parameters = operation === "batchNorm" ? 3 : shape.length === 2 ? n : 0;
  return {
    operation,
    shape,
    x: filled(data, shape) as Float32Array<ArrayBuffer>,
    halves: new Uint16Array(),
    weight: new Float32Array(parameters).fill(1),
    bias: new Float32Array(parameters),
    eps: EPS,
  };
}

function exactlyOf({ operation, shape, x }: bench.Problem): Exactly {
  if (shape.length === 1) {
    const exact = Float64Array.of(real.vectorNorm(operation as "l1", x).toNumber());
    return { exact, sizes: exact };
  }
  const layer = LAYERS.find(({ name }) => name === operation) as Layer;
  return exactly(layer, "l2", x, shape);
}

/** This package and each of the others. */
export async function comparePeers(seed: number): Promise<PeerRow[]> {
  const solvers: [string, Solution][] = [["halfnorm", own]];
  for (const file of FILES) {
    const { open } = (await import(new URL(`${file}.mjs`, FOLDER).href)) as { open: () => Promise<bench.Peer> };
    const { name, solve } = await open();
    solvers.push([name, solve]);
  }
  const rows: PeerRow[] = [];
  for (const [operation, distribution] of OPERATIONS.flatMap((each) => ON.map((on) => [each, on] as const))) {
    for (const [peer, solve] of solvers) {
      const collected = new Collected();
      for (const n of [768, 4096]) {
        const problem = problemOf(operation, DISTRIBUTIONS[distribution](n, seed + n));
        const solution = await solve(problem);
        if (!solution) continue;
        collected.add({ found: await solution.result(), ...exactlyOf(problem) });
        await solution.dispose?.();
      }
      const errors = summary([collected.errors]);
      if (errors) rows.push({ operation: `${operation}, ${distribution}`, peer, errors });
    }
  }
  return rows;
}
