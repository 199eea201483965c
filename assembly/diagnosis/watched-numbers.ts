// Numbers of the groups in emulated arithmetic, every operation watched: what becomes of statistics.

import { FORMAT_COMPUTE, FORMAT_STATISTICS, TAIL, TAIL_STEPS } from "../../src/abi/plan";
import { RECIPROCAL_ROUNDED_STAGE, RECIPROCAL_STAGE } from "../../src/abi/report";
import { setGroup } from "../emulated/bundle";
import { rounded } from "../emulated/emulate";
import { COMPUTE, STATISTICS } from "../formats/format";
import { roundNumber, roundQuotient } from "../formats/operations";
import { DIVISOR, GROUP_SCALE, REAL_DEVIATION } from "../memory";
import { Numbers } from "../norms/scale";
import { enterStage, noteNumber } from "./events";

/** Numbers of the statistics, every operation watched. */
export class WatchedNumbers implements Numbers {
  @inline
  number(x: f64): f64 {
    return rounded(x);
  }
  sum(a: f64, b: f64): f64 {
    const sum = rounded(a + b);
    noteNumber(a, b, a + b, a + b != 0, sum);
    return sum;
  }
  count(): f64 {
    return load<f64>(DIVISOR);
  }
  mean(sum: f64, n: f64): f64 {
    const mean = roundQuotient(sum, n, STATISTICS);
    noteNumber(sum, n, sum / n, sum != 0, mean);
    return mean;
  }
  times(x: f64, constant: f64): f64 {
    const factor = rounded(constant);
    const product = rounded(x * factor);
    noteNumber(x, factor, x * factor, x != 0 && factor != 0, product);
    return product;
  }
  result(x: f64, exact: f64): f64 {
    const result = rounded(exact);
    noteNumber(x, 1, exact, x != 0, result);
    return result;
  }
}

/** The stages behind S of group j, which is watched alone: 1 / S, and that rounded. */
export function divideBy(j: i32, s: f64): void {
  store<f64>(REAL_DEVIATION + ((<usize>j) << 3), s);
  enterStage(RECIPROCAL_STAGE, FORMAT_STATISTICS);
  const inverse = rounded(1 / s);
  noteNumber(1, s, 1 / s, true, inverse);
  setGroup(GROUP_SCALE, j, inverse);
  toCompute(RECIPROCAL_ROUNDED_STAGE, inverse);
}

/** Watches a number of the statistics go to the compute format, where that is a stage of its own. */
export function toCompute(stage: i32, x: f64): void {
  if (load<i32>(TAIL) != TAIL_STEPS) return;
  enterStage(stage, FORMAT_COMPUTE);
  noteNumber(x, 1, x, x != 0, roundNumber(x, COMPUTE));
}
