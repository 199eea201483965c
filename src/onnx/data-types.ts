// Types of elements: the numbers of TensorProto.DataType, the names that onnxruntime gives them, the arrays that hold them.

/** @param name In onnxruntime. @param bytes Of an element; 0 for what has no fixed number of them. */
interface DataType {
  readonly name: string;
  readonly bytes: number;
}

const TYPES: ReadonlyMap<number, DataType> = new Map([
  [1, { name: "float32", bytes: 4 }],
  [2, { name: "uint8", bytes: 1 }],
  [3, { name: "int8", bytes: 1 }],
  [4, { name: "uint16", bytes: 2 }],
  [5, { name: "int16", bytes: 2 }],
  [6, { name: "int32", bytes: 4 }],
  [7, { name: "int64", bytes: 8 }],
  [8, { name: "string", bytes: 0 }],
  [9, { name: "bool", bytes: 1 }],
  [10, { name: "float16", bytes: 2 }],
  [11, { name: "float64", bytes: 8 }],
  [12, { name: "uint32", bytes: 4 }],
  [13, { name: "uint64", bytes: 8 }],
  [16, { name: "bfloat16", bytes: 2 }],
]);

export const FLOAT = 1;
export const STRING = 8;

/** What people call a type by its number. */
export const typeName = (type: number): string => TYPES.get(type)?.name ?? `type ${type}`;

export const elementBytes = (type: number): number => TYPES.get(type)?.bytes ?? 0;

/** The number of a type by onnxruntime's name. */
export function typeNumber(name: string): number | undefined {
  for (const [number, type] of TYPES) if (type.name === name) return number;
  return undefined;
}
