/** Norms that are refused. */

import { afterEach, beforeEach, describe, test } from "vitest";
import * as halfnorm from "../../src/index.js";
import { type Tensor, tensor } from "../../src/index.js";
import { any, NORMALIZERS, NORMS, plain, refuses } from "../support/refuses.js";

let resident: Tensor;
beforeEach(() => {
  resident = tensor(plain());
});
afterEach(() => resident.dispose());

describe("norms", () => {
  test.each([
    [{ topk: 0 }, '"topk" must be an integer in [1, 4], the elements of a group, got 0'],
    [{ topk: 5 }, '"topk" must be an integer in [1, 4], the elements of a group, got 5'],
    [{ topk: 1.5 }, '"topk" must be an integer in [1, 4], the elements of a group, got 1.5'],
    [{ lp: 0.99 }, '"lp" must be a finite number of at least 1, got 0.99'],
    [{ lp: Number.NaN }, '"lp" must be a finite number of at least 1, got NaN'],
    [{ lp: Infinity }, '"lp" must be a finite number of at least 1, got Infinity'],
    ["L2", `"norm" must be ${NORMS}, got "L2"`],
  ])("%o is none", (wrong, message) => {
    const error = new RangeError(message);
    refuses(() => halfnorm.norm(plain(), any({ norm: wrong, axes: -1 })), error);
    refuses(() => halfnorm.statistics(resident, any({ norm: wrong, axes: -1 })), error);
    refuses((out) => halfnorm.lpNormalize(plain(), any({ norm: wrong, out })), error);
    refuses((out) => halfnorm.rmsNorm(plain(), any({ norm: wrong, out })), error);
  });

  test("of a wrong type", () => {
    const choices = `"norm" must be ${NORMS}`;
    refuses(() => halfnorm.norm(plain(), any({ norm: 2 })), new TypeError(`${choices}, got 2`));
    refuses(() => halfnorm.norm(plain(), any({ norm: { p: 2 } })), new TypeError(`${choices}, got { p }`));
    refuses(
      () => halfnorm.norm(plain(), any({ norm: { topk: "3" } })),
      new TypeError('"topk" must be an integer in [1, 24], the elements of a group, got "3"'),
    );
    refuses(
      () => halfnorm.norm(plain(), any({ norm: { topk: 3, k: 1 } })),
      new TypeError('unknown option "k", known are topk'),
    );
    refuses(() => halfnorm.rmsNorm(plain(), any({ norm: "none" })), new RangeError(`${choices}, got "none"`));
    refuses(
      () => halfnorm.layerNorm(plain(), any({ norm: "max" })),
      new RangeError(`"norm" must be ${NORMALIZERS}, got "max"`),
    );
  });
});
