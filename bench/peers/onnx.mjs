/** Small ONNX models, written with the fields of onnx.proto that they need. */

import protobuf from "protobufjs";

const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message ModelProto { int64 ir_version = 1; GraphProto graph = 7; repeated OperatorSet opset_import = 8; }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfo input = 11; repeated ValueInfo output = 12;
  }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5;
  }
  message Attribute { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message ValueInfo { string name = 1; TypeProto type = 2; }
  message TypeProto { TensorType tensor_type = 1; }
  message TensorType { int32 elem_type = 1; ShapeProto shape = 2; }
  message ShapeProto { repeated Dimension dim = 1; }
  message Dimension { int64 dim_value = 1; }
`,
  { keepCase: true },
);
const Model = root.lookupType("ModelProto");

/** Element types, and types of attributes, by onnx.proto. */
const FLOAT = 1;
const FLOAT16 = 10;
const INT64 = 7;
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;

/**
 * @typedef {object} Node
 * @property {string} op
 * @property {string[]} inputs
 * @property {string[]} [outputs] "y" if not given
 * @property {Record<string, number>} [ints]
 * @property {Record<string, number>} [floats]
 */

/**
 * The bytes of a model that computes "y" from "x".
 * @param {object} model
 * @param {Node[]} model.nodes
 * @param {readonly number[]} model.shape of x
 * @param {readonly number[]} model.result shape of y
 * @param {Record<string, { data: Float32Array | Uint16Array | BigInt64Array, shape: readonly number[] }>} [model.constants]
 * @param {boolean} [model.half] whether x, y are float16
 * @param {number} model.opset
 */
export function onnxModel({ nodes, shape, result, constants = {}, half = false, opset }) {
  const type = half ? FLOAT16 : FLOAT;
  const value = (/** @type {string} */ name, /** @type {readonly number[]} */ dims) => ({
    name,
    type: { tensor_type: { elem_type: type, shape: { dim: dims.map((dim) => ({ dim_value: dim })) } } },
  });
  return Model.encode(
    Model.fromObject({
      ir_version: 10,
      opset_import: [{ domain: "", version: opset }],
      graph: {
        name: "case",
        node: nodes.map(({ op, inputs, outputs = ["y"], ints = {}, floats = {} }, i) => ({
          name: `${op}_${i}`,
          op_type: op,
          input: inputs,
          output: outputs,
          attribute: [
            ...Object.entries(ints).map(([name, i]) => ({ name, i, type: ATTRIBUTE_INT })),
            ...Object.entries(floats).map(([name, f]) => ({ name, f, type: ATTRIBUTE_FLOAT })),
          ],
        })),
        initializer: Object.entries(constants).map(([name, { data, shape: dims }]) => ({
          name,
          dims,
          data_type: data instanceof Float32Array ? FLOAT : data instanceof Uint16Array ? FLOAT16 : INT64,
          raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        })),
        input: [value("x", shape)],
        output: [value("y", result)],
      },
    }),
  ).finish();
}
