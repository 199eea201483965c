/** Layers: tensor in, tensor of the same shape out. */

import { batchNorm, empty, layerNorm, rmsNorm, weightNorm } from "../../dist/index.js";
import * as baseline from "../baselines/layers.mjs";
import { EPS, LOOP, LOOP_FRESH, PLAIN, RESIDENT, sizeOf, speedups, Tensors, times } from "../harness/case.mjs";
import { halves, normal, uniform } from "../harness/data.mjs";
import * as exact from "../harness/exact.mjs";
import { floats } from "../harness/float16.mjs";

/** @typedef {import("../harness/case.mjs").Case} Case */

/** Norms of the paper, by their names. */
export const NORMS = /** @type {const} */ ({ L2: "l2", L1: "l1", "L∞": "linf", "top-10": { topk: 10 } });
export const NAMES = /** @type {(keyof typeof NORMS)[]} */ (Object.keys(NORMS));

/** @returns {Case[]} */
export function layerCases() {
  return [
    batch([32, 64, 56, 56], [3.6, 1.5]),
    batch([8, 256, 14, 14], [4.2, 2.1]),
    layer([512, 768]),
    layer([128, 4096]),
    rms([512, 768]),
    weights([512, 512, 3, 3]),
    batchNorms([32, 64, 56, 56]),
    channelsLast([32, 64, 56, 56]),
    channelsLast([8, 256, 14, 14]),
    layerHalf([512, 768]),
    layerEmulated([512, 768], 4),
    layerEmulated([4096, 256]),
    layerEmulated([49152, 8]),
    layerByFormat([512, 768]),
  ];
}

/**
 * A layer with float32 input, against a loop; results go to given arrays, or to fresh ones for plain arrays.
 * @param {object} layer
 * @param {string} layer.id
 * @param {string} layer.row
 * @param {readonly number[]} layer.shape
 * @param {[number, number]} layer.targets resident, plain
 * @param {number} layer.parameters length of weight and bias
 * @param {(x: Float32Array, y: Float32Array, weight: Float32Array, bias: Float32Array) => Float32Array} layer.loop
 * @param {(x: any, options: { weight: any, bias: any, out?: any }) => { data: ArrayLike<number> }} layer.library
 * @param {(x: Float32Array, weight: Float32Array, bias: Float32Array) => Float64Array} layer.exactly
 * @returns {Case}
 */
function against({ id, row, shape, targets, parameters, loop, library, exactly }) {
  const elements = sizeOf(shape);
  return {
    id: `${id}/${shape.join("x")}`,
    row,
    what: times(shape),
    elements,
    kernels: ["rows"],
    checks: speedups(...targets, LOOP_FRESH),
    prepare() {
      const x = normal(elements, 1, 1, 0.5);
      const weight = uniform(parameters, 0.5, 1.5, 2);
      const bias = uniform(parameters, -0.5, 0.5, 3);
      const y = new Float32Array(elements);
      const held = new Tensors();
      const resident = held.of(x, shape);
      const out = held.hold(empty(shape));
      const given = { weight: held.of(weight), bias: held.of(bias), out };
      const plain = { data: x, shape };
      const options = { weight, bias };
      return {
        contenders: {
          [LOOP]: { run: () => loop(x, y, weight, bias)[0], result: () => y },
          [LOOP_FRESH]: { run: () => loop(x, new Float32Array(elements), weight, bias)[0] },
          [RESIDENT]: {
            run: () => {
              library(resident, given);
            },
            result: () => out.data,
          },
          [PLAIN]: {
            run: () => library(plain, options).data[0],
            result: () => library(plain, options).data,
          },
        },
        exact: () => exactly(x, weight, bias),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * @param {readonly number[]} shape
 * @param {[number, number]} targets
 */
function batch(shape, targets) {
  const [size, channels, height, width] = shape;
  return against({
    id: "batch-norm",
    row: "batch norm",
    shape,
    targets,
    parameters: channels,
    loop: (x, y, weight, bias) => baseline.batchNorm(x, y, size, channels, height * width, weight, bias, EPS),
    library: batchNorm,
    exactly: (x, weight, bias) => exact.normalized({ x, weight, bias, eps: EPS, ...exact.channelsFirst(shape) }),
  });
}

/** @param {readonly [number, number]} shape */
function layer(shape) {
  return against({
    id: "layer-norm",
    row: "layer norm",
    shape,
    targets: [4.2, 2.6],
    parameters: shape[1],
    loop: (x, y, weight, bias) => baseline.layerNorm(x, y, shape[0], shape[1], weight, bias, EPS),
    library: layerNorm,
    exactly: (x, weight, bias) => exact.normalized({ x, weight, bias, eps: EPS, ...exact.rows(shape) }),
  });
}

/** @param {readonly [number, number]} shape */
function rms(shape) {
  return against({
    id: "rms-norm",
    row: "RMS norm",
    shape,
    targets: [5.7, 2.7],
    parameters: shape[1],
    loop: (x, y, weight) => baseline.rmsNorm(x, y, shape[0], shape[1], weight, EPS),
    library: (x, { weight, out }) => rmsNorm(x, { weight, out }),
    exactly: (x, weight) => exact.normalized({ x, weight, centre: false, eps: EPS, ...exact.rows(shape) }),
  });
}

/** @param {readonly number[]} shape */
function weights(shape) {
  const columns = shape[1] * shape[2] * shape[3];
  return against({
    id: "weight-norm",
    row: "weight norm",
    shape,
    targets: [4.1, 2.2],
    parameters: shape[0],
    loop: (v, w, g) => baseline.weightNorm(v, w, shape[0], columns, g),
    library: (v, { weight, out }) => weightNorm(v, { g: weight, out }),
    exactly: (v, g) => exact.weightNorm(v, shape[0], g),
  });
}

/**
 * The same layer with each of the paper's norms; no figures to reach.
 * @param {readonly number[]} shape
 * @returns {Case}
 */
function batchNorms(shape) {
  const elements = sizeOf(shape);
  return {
    id: "batch-norm-norms",
    row: "batch norm by norm",
    what: times(shape),
    elements,
    kernels: ["rows"],
    checks: NAMES.map((name) => ({ label: `${name} resident`, unit: "ns/element", of: name })),
    prepare() {
      const held = new Tensors();
      const x = held.of(normal(elements), shape);
      const out = held.hold(empty(shape));
      return {
        contenders: Object.fromEntries(
          NAMES.map((name) => [name, { run: () => void batchNorm(x, { norm: NORMS[name], out }) }]),
        ),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Channels last against channels first, the same numbers.
 * @param {readonly number[]} shape channels first
 * @returns {Case}
 */
function channelsLast(shape) {
  const [size, channels, height, width] = shape;
  const plane = height * width;
  const elements = size * channels * plane;
  return {
    id: `channels-last/${shape.join("x")}`,
    row: "channels-last batch norm",
    what: times([size, height, width, channels]),
    elements,
    kernels: ["columns", "rows"],
    checks: [
      { label: "over channels-first", unit: "slowdown", of: "channels last", against: "channels first", atMost: 1.3 },
    ],
    prepare() {
      const x = normal(elements, 1, 1, 0.5);
      const last = new Float32Array(elements);
      for (let i = 0; i < size; i++) {
        for (let c = 0; c < channels; c++) {
          for (let p = 0; p < plane; p++) last[(i * plane + p) * channels + c] = x[(i * channels + c) * plane + p];
        }
      }
      const weight = uniform(channels, 0.5, 1.5, 2);
      const bias = uniform(channels, -0.5, 0.5, 3);
      const held = new Tensors();
      const firstIn = held.of(x, shape);
      const firstOut = held.hold(empty(shape));
      const lastIn = held.of(last, [size, height, width, channels]);
      const lastOut = held.hold(empty([size, height, width, channels]));
      const given = { weight: held.of(weight), bias: held.of(bias) };
      const firstOptions = { ...given, out: firstOut };
      const lastOptions = { ...given, axis: 3, out: lastOut };
      return {
        contenders: {
          "channels first": { run: () => void batchNorm(firstIn, firstOptions) },
          "channels last": { run: () => void batchNorm(lastIn, lastOptions), result: () => lastOut.data },
        },
        exact: () =>
          exact.normalized({
            x: last,
            weight,
            bias,
            eps: EPS,
            groups: channels,
            count: size * plane,
            at: (g, i) => i * channels + g,
            parameter: (g) => g,
          }),
        dispose: () => held.dispose(),
      };
    },
  };
}

/**
 * Layer norm with float16 in and out.
 * @param {object} layer
 * @param {string} layer.id
 * @param {string} layer.row
 * @param {readonly [number, number]} layer.shape
 * @param {Case["kernels"]} layer.kernels
 * @param {Record<string, { options: object, atMost?: number }>} layer.variants by label
 * @returns {Case}
 */
function halfCase({ id, row, shape, kernels, variants }) {
  const elements = sizeOf(shape);
  return {
    id: `${id}/${shape.join("x")}`,
    row,
    what: times(shape),
    elements,
    kernels,
    checks: Object.entries(variants).map(([label, { atMost }]) => ({ label, unit: "ns/element", of: label, atMost })),
    prepare() {
      const bits = halves(normal(elements, 1, 1, 0.5));
      const weight = uniform(shape[1], 0.5, 1.5, 2);
      const bias = uniform(shape[1], -0.5, 0.5, 3);
      const held = new Tensors();
      const x = held.of(bits, shape);
      const given = { weight: held.of(weight), bias: held.of(bias) };
      return {
        contenders: Object.fromEntries(
          Object.entries(variants).map(([label, { options }]) => {
            const out = held.hold(empty(shape, "float16"));
            const all = { ...given, ...options, out };
            return [
              label,
              {
                run: () => void layerNorm(x, all),
                result: () => floats(/** @type {Uint16Array} */ (out.data)),
              },
            ];
          }),
        ),
        exact: () =>
          exact.normalized({
            x: floats(bits),
            weight,
            bias,
            eps: EPS,
            ...exact.rows(shape),
          }),
        grid: exact.FLOAT16,
        dispose: () => held.dispose(),
      };
    },
  };
}

/** @param {readonly [number, number]} shape */
function layerHalf(shape) {
  return halfCase({
    id: "layer-norm-float16",
    row: "layer norm of float16, native",
    shape,
    kernels: ["rows"],
    variants: { resident: { options: {}, atMost: 1.2 } },
  });
}

/**
 * @param {readonly [number, number]} shape
 * @param {number} [atMost] ns of an element, in lanes
 */
function layerEmulated(shape, atMost) {
  return halfCase({
    id: "layer-norm-emulated",
    row: "layer norm of float16, emulated",
    shape,
    kernels: ["emulate"],
    variants: {
      lanes: { options: { arithmetic: { compute: "float16", order: "lanes" } }, atMost },
      pairwise: { options: { arithmetic: { compute: "float16", order: "pairwise" } } },
      sequential: { options: { arithmetic: { compute: "float16", order: "sequential" } } },
      "lanes, float32 sums": { options: { arithmetic: { compute: "float16", accumulate: "float32", order: "lanes" } } },
    },
  });
}

/**
 * Emulated in bfloat16 against float16, both of float16 values.
 * @param {readonly [number, number]} shape
 * @returns {Case}
 */
function layerByFormat(shape) {
  const elements = sizeOf(shape);
  return {
    id: `layer-norm-bfloat16/${shape.join("x")}`,
    row: "layer norm, emulated bfloat16",
    what: times(shape),
    elements,
    kernels: ["emulate", "setFormat"],
    checks: [{ label: "over float16", unit: "slowdown", of: "bfloat16", against: "float16", atMost: 1.5 }],
    prepare() {
      const held = new Tensors();
      const x = held.of(normal(elements, 1, 1, 0.5), shape);
      const weight = held.of(uniform(shape[1], 0.5, 1.5, 2));
      const bias = held.of(uniform(shape[1], -0.5, 0.5, 3));
      const out = held.hold(empty(shape));
      const run = (/** @type {"float16" | "bfloat16"} */ arithmetic) => {
        const options = { weight, bias, eps: EPS, arithmetic, out };
        return { run: () => void layerNorm(x, options) };
      };
      return {
        contenders: { float16: run("float16"), bfloat16: run("bfloat16") },
        dispose: () => held.dispose(),
      };
    },
  };
}
