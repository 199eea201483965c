// The paper's activation, as a layer of TensorFlow.js.

import { add, mul, relu, serialization, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { checkArgs, type Kwargs, type LayerArgs } from "./config.js";
import { one } from "./operation.js";

/** 1 / √(2π) and √(½(1 - 1/π)): mean and deviation of relu(x) on N(0, 1). */
const MEAN = 1 / Math.sqrt(2 * Math.PI);
const DEVIATION = Math.sqrt((1 - 1 / Math.PI) / 2);

/** In operations of TensorFlow.js, which are elementwise like this one and copy nothing. */
export class TRelu extends layers.Layer {
  static className = "HalfnormTRelu";

  constructor(args?: LayerArgs) {
    super(checkArgs(args, []));
    this.supportsMasking = true;
  }

  override call(inputs: Tensor | Tensor[], _kwargs: Kwargs): Tensor {
    return tidy(() => mul(add(relu(one(inputs)), -MEAN), 1 / DEVIATION));
  }
}
serialization.registerClass(TRelu);
