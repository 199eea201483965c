/** A process of its own: the layers alone, imported as users do, and one result. */

import { layerNorm } from "halfnorm/layers";

const { data } = layerNorm({ data: Float32Array.from({ length: 512 }, (_, i) => Math.sin(i)), shape: [2, 256] });
if (Number.isNaN(data[0])) process.exitCode = 1;
