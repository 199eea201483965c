/** Gradients of layers: upstream gradient and input in, gradients of input, weight and bias out. */

import {
  batchNorm,
  batchNormBackward,
  empty,
  layerNorm,
  layerNormBackward,
  statistics,
  weightNorm,
  weightNormBackward,
} from "../../dist/index.js";
import * as baseline from "../baselines/gradients.mjs";
import { EPS, sizeOf, Tensors, times } from "../harness/case.mjs";
import { halves, normal, uniform } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";
import { NAMES, NORMS } from "./layers.mjs";

/**
 * @typedef {import("../harness/case.mjs").Case} Case
 * @typedef {import("../harness/case.mjs").Check} Check
 * @typedef {import("../harness/case.mjs").Contender} Contender
 */

/** @returns {Case[]} */
export function gradientCases() {
  return [
    batch([32, 64, 56, 56]),
    batch([8, 256, 14, 14]),
    batchNorms([32, 64, 56, 56]),
    channelsLast([32, 64, 56, 56]),
    channelsLast([8, 256, 14, 14]),
    layer([512, 768]),
    layer([128, 4096]),
    weights([512, 512, 3, 3]),
    emulated([8, 256, 14, 14]),
  ];
}

/**
 * Operands of a gradient, and the results that it fills.
 * @param {Tensors} held
 * @param {readonly number[]} shape
 * @param {readonly number[]} parameters
 */
function operands(held, shape, parameters) {
  const elements = sizeOf(shape);
  const data = {
    x: normal(elements, 1, 1, 0.5),
    dy: normal(elements, 4),
    weight: uniform(sizeOf(parameters), 0.5, 1.5, 2),
  };
  return {
    data,
    x: held.of(data.x, shape),
    dy: held.of(data.dy, shape),
    weight: held.of(data.weight, parameters),
    y: held.hold(empty(shape)),
    out: { dx: held.hold(empty(shape)), dweight: held.hold(empty(parameters)), dbias: held.hold(empty(parameters)) },
  };
}

/**
 * Batch norm by L2 and L1: over the layer itself, against loops, and one against the other; with statistics computed, and
 * with those that the layer has saved.
 * @param {readonly number[]} shape
 * @returns {Case}
 */
function batch(shape) {
  const [size, channels, height, width] = shape;
  const large = size * height * width > 10_000;
  const norms = /** @type {const} */ (["L2", "L1"]);
  return {
    id: `gradient-batch-norm/${shape.join("x")}`,
    row: "gradient of batch norm",
    what: times(shape),
    elements: sizeOf(shape),
    kernels: ["backward", "rows"],
    checks: [
      ...norms.flatMap(
        /** @returns {Check[]} */ (name) => [
          { label: name, unit: "speedup", of: name, against: `loop ${name}`, atLeast: large ? 3 : undefined },
          {
            label: `${name} over the layer`,
            unit: "slowdown",
            of: name,
            against: `layer ${name}`,
            atMost: large ? 2.2 : undefined,
          },
          { label: `${name} saved, over the layer`, unit: "slowdown", of: `${name} saved`, against: `layer ${name}` },
        ],
      ),
      { label: "L1 over L2", unit: "slowdown", of: "L1", against: "L2", atMost: large ? 1.05 : undefined },
    ],
    prepare() {
      const held = new Tensors();
      const { data, x, dy, weight, y, out } = operands(held, shape, [channels]);
      const loops = { L2: baseline.batchNormL2, L1: baseline.batchNormL1 };
      const dx = new Float32Array(data.x.length);
      const [dweight, dbias] = [new Float32Array(channels), new Float32Array(channels)];
      const axes = [0, 2, 3];
      /** @type {Record<string, Contender>} */
      const contenders = {};
      for (const name of norms) {
        const norm = NORMS[name];
        const loop = loops[name];
        const saved = statistics(x, { norm, axes });
        held.hold(saved.mean);
        held.hold(saved.deviation);
        const options = { norm, weight, eps: EPS, out };
        const all = { ...options, mean: saved.mean, deviation: saved.deviation };
        contenders[`loop ${name}`] = {
          run: () => loop(data.x, data.dy, dx, dweight, dbias, size, channels, height * width, data.weight, EPS)[0],
        };
        contenders[`layer ${name}`] = { run: () => void batchNorm(x, { norm, weight, eps: EPS, out: y }) };
        contenders[name] = { run: () => void batchNormBackward(dy, x, options) };
        contenders[`${name} saved`] = { run: () => void batchNormBackward(dy, x, all) };
      }
      contenders.L2.result = () => {
        // others write there, too
        contenders.L2.run();
        return out.dx.data;
      };
      return {
        contenders,
        exact: () => exact.gradient({ ...data, eps: EPS, ...exact.channelsFirst(shape) }),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * With each of the paper's norms; no figures to reach.
 * @param {readonly number[]} shape
 * @returns {Case}
 */
function batchNorms(shape) {
  return {
    id: "gradient-batch-norm-norms",
    row: "gradient of batch norm by norm",
    what: times(shape),
    elements: sizeOf(shape),
    kernels: ["backward"],
    checks: NAMES.map((name) => ({ label: name, unit: "ns/element", of: name })),
    prepare() {
      const held = new Tensors();
      const { x, dy, out } = operands(held, shape, [shape[1]]);
      return {
        contenders: Object.fromEntries(
          NAMES.map((name) => [name, { run: () => void batchNormBackward(dy, x, { norm: NORMS[name], out }) }]),
        ),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Channels last against the layer itself; no figures to reach.
 * @param {readonly number[]} shape channels first
 * @returns {Case}
 */
function channelsLast([size, channels, height, width]) {
  const shape = [size, height, width, channels];
  const norms = /** @type {const} */ (["L2", "L1"]);
  return {
    id: `gradient-channels-last/${shape.join("x")}`,
    row: "gradient of channels-last batch norm",
    what: times(shape),
    elements: sizeOf(shape),
    kernels: ["backward", "columns"],
    checks: norms.map((name) => ({
      label: `${name} over the layer`,
      unit: "slowdown",
      of: name,
      against: `layer ${name}`,
    })),
    prepare() {
      const held = new Tensors();
      const { x, dy, weight, y, out } = operands(held, shape, [channels]);
      /** @type {Record<string, Contender>} */
      const contenders = {};
      for (const name of norms) {
        const options = { norm: NORMS[name], axis: 3, weight };
        contenders[`layer ${name}`] = { run: () => void batchNorm(x, { ...options, out: y }) };
        contenders[name] = { run: () => void batchNormBackward(dy, x, { ...options, out }) };
      }
      return { contenders, dispose: () => held.dispose() };
    },
  };
}

/**
 * Layer norm by L2 against a loop.
 * @param {readonly [number, number]} shape
 * @returns {Case}
 */
function layer(shape) {
  const [rows, columns] = shape;
  return {
    id: `gradient-layer-norm/${shape.join("x")}`,
    row: "gradient of layer norm",
    what: times(shape),
    elements: rows * columns,
    kernels: ["backward"],
    checks: [
      { label: "L2", unit: "speedup", of: "L2", against: "loop" },
      { label: "L2 over the layer", unit: "slowdown", of: "L2", against: "layer" },
    ],
    prepare() {
      const held = new Tensors();
      const { data, x, dy, weight, y, out } = operands(held, shape, [columns]);
      const dx = new Float32Array(rows * columns);
      const [dweight, dbias] = [new Float64Array(columns), new Float64Array(columns)];
      return {
        contenders: {
          loop: {
            run: () => baseline.layerNormL2(data.x, data.dy, dx, dweight, dbias, rows, columns, data.weight, EPS)[0],
          },
          layer: { run: () => void layerNorm(x, { weight, out: y }) },
          L2: { run: () => void layerNormBackward(dy, x, { weight, out }), result: () => out.dx.data },
        },
        exact: () => exact.gradient({ ...data, eps: EPS, ...exact.rows(shape) }),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Weight norm; no figures to reach.
 * @param {readonly number[]} shape
 * @returns {Case}
 */
function weights(shape) {
  return {
    id: `gradient-weight-norm/${shape.join("x")}`,
    row: "gradient of weight norm",
    what: times(shape),
    elements: sizeOf(shape),
    kernels: ["backward"],
    checks: [{ label: "L2 over the function", unit: "slowdown", of: "L2", against: "function" }],
    prepare() {
      const held = new Tensors();
      const { x, dy, weight, y, out } = operands(held, shape, [shape[0]]);
      const results = { dv: out.dx, dg: out.dweight };
      return {
        contenders: {
          function: { run: () => void weightNorm(x, { g: weight, out: y }) },
          L2: { run: () => void weightNormBackward(dy, x, { g: weight, out: results }) },
        },
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Batch norm of float16 in emulated float16; no figures to reach.
 * @param {readonly number[]} shape
 * @returns {Case}
 */
function emulated(shape) {
  const elements = sizeOf(shape);
  return {
    id: `gradient-batch-norm-emulated/${shape.join("x")}`,
    row: "gradient of batch norm of float16, emulated",
    what: times(shape),
    elements,
    kernels: ["emulateBackward", "emulateSums"],
    checks: NAMES.map((name) => ({ label: name, unit: "ns/element", of: name })),
    prepare() {
      const held = new Tensors();
      const [x, dy] = [1, 4].map((seed) => held.of(halves(normal(elements, seed)), shape));
      const parameters = [shape[1]];
      const out = {
        dx: held.hold(empty(shape, "float16")),
        dweight: held.hold(empty(parameters)),
        dbias: held.hold(empty(parameters)),
      };
      return {
        contenders: Object.fromEntries(
          NAMES.map((name) => {
            const options = { norm: NORMS[name], arithmetic: /** @type {const} */ ("float16"), out };
            return [name, { run: () => void batchNormBackward(dy, x, options) }];
          }),
        ),
        dispose: () => held.dispose(),
      };
    },
  };
}
