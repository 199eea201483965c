/** A process of its own: an entry of the package, named in the command line, and one result by it. */

/** @type {typeof import("../dist/index.js")} */
const { layerNorm } = await import(`../dist/${process.argv[2]}`);
const { data } = layerNorm({ data: Float32Array.from({ length: 512 }, (_, i) => Math.sin(i)), shape: [2, 256] });
if (Number.isNaN(data[0])) process.exitCode = 1;
