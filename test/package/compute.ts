/** What is computed wherever the package is tried; `library` is the namespace or an instance of load(). */
export const COMPUTE = `
function compute(library) {
  const data = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i) * 5);
  const shape = [2, 4, 8, 8];
  const results = [];
  for (const norm of ["l2", "l1", "linf", { topk: 10 }]) {
    results.push(library.batchNorm({ data, shape }, { norm }).data);
    results.push(library.batchNorm({ data, shape }, { norm, arithmetic: "float16" }).data);
  }
  // by the kernels of the other parts, and in a resident tensor
  const x = library.tensor(data, shape);
  results.push(library.layerNormBackward(x, x).dx.slice());
  results.push(Float64Array.of(library.diagnose(x, { layer: "layer", arithmetic: "float16" }).error.rmsUlp));
  x.dispose();
  // a digest of the bits of each result
  return results.map(({ buffer }) => new Uint32Array(buffer).reduce((h, bits) => Math.imul(h ^ bits, 16777619) >>> 0, 2166136261));
}`;
