/** A process of its own: milliseconds from before the import to the first result, as JSON on standard output. */

const start = performance.now();
const { batchNorm } = await import(new URL("../dist/index.js", import.meta.url).href);
const imported = performance.now();
const shape = [2, 4, 8, 8];
const data = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i));
const { data: y } = batchNorm({ data, shape });
const done = performance.now();
console.log(JSON.stringify({ import: imported - start, call: done - imported, total: done - start, value: y[0] }));
