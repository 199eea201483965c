/** NaN and infinities at every place, in rows and columns: nothing swallows them, nothing leaks into other groups. */

import { describe, expect, test } from "vitest";
import { layerNorm, lpNormalize, mean, norm, rmsNorm, statistics } from "../src/index.js";
import type { TensorLike } from "../src/tensor/forms.js";
import * as oracle from "./oracle/emulated.js";
import { both, forms, type Plain, STORAGES, type Storage } from "./support/call.js";
import { everyNorm, show } from "./support/cases.js";
import { expectBits, numbers, type Result, toHalves } from "./support/compare.js";
import { type ArithmeticPair, arithmetics, FLOAT16, FORMATS, WITHOUT_INFINITY } from "./support/formats.js";
import { gaussian } from "./support/random.js";

const LENGTHS = [...Array.from({ length: 40 }, (_, i) => i + 1), 127, 128, 129, 160, 260];
const SPECIALS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const normsOf = (n: number): oracle.Norm[] => everyNorm([1, Math.min(3, n), n]);

/** n vectors of n elements, the r-th with the special value at place r, and one without. */
function marked(n: number, special: number): { vectors: number[][]; values: Float32Array } {
  const values = gaussian(n * (n + 1), n);
  for (let r = 0; r < n; r++) values[r * n + r] = special;
  const vectors = Array.from({ length: n + 1 }, (_, r) => Array.from(values.subarray(r * n, (r + 1) * n)));
  return { vectors, values };
}

/** The vectors as rows or as columns, in a storage; `read` puts results back into the order of rows. */
function laidOut(n: number, values: Float32Array, columns: boolean, storage: Storage) {
  const count = n + 1;
  const place = (r: number, i: number) => (columns ? i * count + r : r * n + i);
  const data = new Float32Array(values.length);
  for (let r = 0; r < count; r++) for (let i = 0; i < n; i++) data[place(r, i)] = values[r * n + i];
  const x: Plain = {
    data: storage === "float16" ? toHalves(data) : data,
    shape: columns ? [n, count] : [count, n],
  };
  const rows = (y: Plain) => {
    const found = numbers(y);
    return Array.from({ length: count }, (_, r) => Array.from({ length: n }, (_, i) => found[place(r, i)]));
  };
  return { x, axis: columns ? 0 : 1, rows };
}

describe.each(["rows", "columns"])("native %s", (layout) => {
  const columns = layout === "columns";
  test.each(SPECIALS)("%f", (special) => {
    const infinite = !Number.isNaN(special);
    for (const n of LENGTHS) {
      const { values } = marked(n, special);
      for (const storage of STORAGES) {
        const { x, axis } = laidOut(n, values, columns, storage);
        const options = { axes: [axis] };
        const label = `${n} elements, ${storage}`;
        const check = (call: (x: TensorLike) => Result, expected: number, what: string) => {
          for (const y of forms(x, call)) {
            const found = Array.from(numbers(y));
            expect(found.pop(), `clean; ${what}`).toSatisfy(Number.isFinite);
            expectBits(Float32Array.from(found), new Array(n).fill(expected), what);
          }
        };
        check((t) => mean(t, options), special, `mean; ${label}`);
        for (const kind of normsOf(n)) {
          const what = `${show(kind)}; ${label}`;
          // inf - inf where the only element is the special one
          const total = infinite && !(kind === "range" && n === 1) ? Number.POSITIVE_INFINITY : Number.NaN;
          check((t) => norm(t, { ...options, norm: kind }), total, `norm ${what}`);
          if (kind === "range" && infinite) continue;
          check((t) => statistics(t, { ...options, norm: kind }).deviation, Number.NaN, `deviation ${what}`);
        }
      }
    }
  });

  test("outputs", () => {
    for (const special of SPECIALS) {
      for (const n of LENGTHS) {
        const { values } = marked(n, special);
        const { x, axis, rows } = laidOut(n, values, columns, STORAGES[n % 2]);
        const clean = laidOut(
          n,
          values.map((value, i) => (i < n * n ? values[n * n + (i % n)] : value)),
          columns,
          STORAGES[n % 2],
        );
        const alone = (call: (x: TensorLike) => Result) => clean.rows(both(clean.x, call))[n];
        for (const kind of normsOf(n)) {
          // axis 0 of columns: a batch of channels; RMS norm has no such layout
          const call = (t: TensorLike) =>
            columns ? lpNormalize(t, { norm: kind, axis }) : layerNorm(t, { norm: kind });
          if (!columns) {
            const unmarked = alone(call);
            for (const y of forms(x, call)) {
              const found = rows(y);
              const label = `layer norm, ${show(kind)}, ${special}, ${n}`;
              if (kind === "range" && !Number.isNaN(special)) continue;
              expect(found.slice(0, n).flat().every(Number.isNaN), label).toBe(true);
              expect(found[n], `${label}, clean`).toEqual(unmarked);
            }
          }
          if (kind === "range") continue;
          for (const uncentred of columns
            ? [call]
            : [(t: TensorLike) => rmsNorm(t, { norm: kind }), (t: TensorLike) => lpNormalize(t, { norm: kind })]) {
            const unmarked = alone(uncentred);
            for (const y of forms(x, uncentred)) {
              const found = rows(y);
              const label = `uncentred, ${show(kind)}, ${special}, ${n}`;
              for (let r = 0; r < n; r++) {
                found[r].forEach((value, i) => {
                  // finite / inf = 0 with its sign; NaN, and inf / inf, stay
                  const wanted = Number.isNaN(special) || i === r ? Number.NaN : values[r * n + i] < 0 ? -0 : 0;
                  if (!Object.is(value, wanted))
                    expect.fail(`${label}: row ${r}, element ${i} is ${value} instead of ${wanted}`);
                });
              }
              expect(found[n], `${label}, clean`).toEqual(unmarked);
            }
          }
        }
      }
    }
  });
});

describe("emulated", () => {
  const chosen: ArithmeticPair[] = [
    ...arithmetics(FLOAT16),
    ...[...FORMATS.slice(1), ...WITHOUT_INFINITY].map((format) => arithmetics(format)[1]),
  ];
  test.each(chosen)("$label", (pair) => {
    for (const special of SPECIALS) {
      for (const n of LENGTHS) {
        // Every other length in turn: the arithmetics share the kernels.
        if (n > 5 && (n + pair.label.length) % 3) continue;
        const { vectors, values } = marked(n, special);
        const storage = STORAGES[n % 2];
        for (const columns of [false, true]) {
          const { x, axis, rows } = laidOut(n, values, columns, storage);
          const groups = vectors.map((vector) =>
            oracle.inputs(pair.oracle, storage === "float16" ? Array.from(numbers(toHalves(vector))) : vector),
          );
          const middles = groups.map((group) => oracle.mean(pair.oracle, group));
          const distances = groups.map((group, g) => oracle.centred(pair.oracle, group, middles[g]));
          const options = { axes: [axis], arithmetic: pair.asked };
          expectBits(
            both(x, (t) => mean(t, options)),
            middles,
            `mean of ${n} with ${special}`,
          );
          const kinds = normsOf(n);
          for (const kind of [kinds[n % kinds.length], kinds[(n + 3) % kinds.length]]) {
            const recipe = { norm: kind, arithmetic: pair.oracle };
            const label = `${show(kind)} of ${n} with ${special}, ${columns ? "columns" : "rows"}; ${pair.label}`;
            const total = both(x, (t) => norm(t, { ...options, norm: kind }));
            expectBits(
              total,
              groups.map((group) => oracle.vectorNorm(recipe, group)),
              `norm ${label}`,
            );
            const deviation = both(x, (t) => statistics(t, { ...options, norm: kind }).deviation);
            expectBits(
              deviation,
              distances.map((d) => oracle.deviation(recipe, d)),
              `deviation ${label}`,
            );
            if (columns) continue;
            const y = both(x, (t) => layerNorm(t, { norm: kind, eps: 1e-5, arithmetic: pair.asked }));
            const outputs = distances.flatMap((d) => oracle.apply(pair.oracle, d, oracle.scale(recipe, d, 1e-5)));
            const found = rows(y).flat();
            expectBits(
              storage === "float16" ? toHalves(found) : Float32Array.from(found),
              outputs,
              `layer norm ${label}`,
            );
          }
        }
      }
    }
  });
});

test("infinities of both signs have no mean", () => {
  for (const arithmetic of [undefined, ...arithmetics(FLOAT16).map((pair) => pair.asked)]) {
    for (const n of [2, 5, 33, 130]) {
      const data = gaussian(n, n);
      data[0] = Number.POSITIVE_INFINITY;
      data[n - 1] = Number.NEGATIVE_INFINITY;
      expect(both({ data, shape: [n] }, (t) => mean(t, { arithmetic })).data[0]).toBe(Number.NaN);
      expect(both({ data, shape: [n] }, (t) => norm(t, { norm: "l1", arithmetic })).data[0]).toBe(
        Number.POSITIVE_INFINITY,
      );
    }
  }
});

test("signs of zero", () => {
  for (const arithmetic of [undefined, ...arithmetics(FLOAT16).map((pair) => pair.asked)]) {
    for (const n of [1, 2, 3, 4, 5, 33, 130]) {
      const x: Plain = { data: new Float32Array(n).fill(-0), shape: [n] };
      const label = `${n} elements, ${JSON.stringify(arithmetic)}`;
      // A sum starts from +0, so the mean of negative zeros is +0 and d = -0 - 0 = -0.
      expectBits(
        both(x, (t) => mean(t, { arithmetic })),
        [0],
        `mean; ${label}`,
      );
      for (const kind of normsOf(n)) {
        expectBits(
          both(x, (t) => norm(t, { norm: kind, arithmetic })),
          [0],
          `${show(kind)}; ${label}`,
        );
        const y = both(x, (t) => layerNorm(t, { norm: kind, arithmetic, eps: 0.01 }));
        expectBits(y, new Array(n).fill(-0), `layer norm, ${show(kind)}; ${label}`);
        const z = both(x, (t) => rmsNorm(t, { norm: kind, arithmetic, eps: 0.01 }));
        expectBits(z, new Array(n).fill(-0), `RMS norm, ${show(kind)}; ${label}`);
      }
    }
  }
});

describe("the ends of float32's range, native", () => {
  test("sums beyond the largest float32 are infinite, and no earlier", () => {
    const x: Plain = { data: Float32Array.of(3e38, -3e38, 3e38, 3e38), shape: [4] };
    expect(both(x, (t) => norm(t, { norm: "l1" })).data[0]).toBe(Number.POSITIVE_INFINITY);
    expect(both(x, (t) => mean(t)).data[0]).toBe(Math.fround(1.5e38));
    expect(both(x, (t) => norm(t, { norm: "linf" })).data[0]).toBe(Math.fround(3e38));
    expect(both(x, (t) => norm(t, { norm: { topk: 3 } })).data[0]).toBe(Math.fround(3e38));
    // |d| of 1.5, 4.5, 1.5 and 1.5e38: one of them is beyond the largest float32, the result is not.
    const l1 = both(x, (t) => statistics(t, { norm: "l1" }).deviation).data[0];
    expect(l1 / (2.25e38 * Math.sqrt(Math.PI / 2))).toBeCloseTo(1, 6);
  });

  test("squares beyond the range do not matter", () => {
    for (const scale of [2 ** 120, 2 ** 64, 2 ** -64, 2 ** -120]) {
      const x: Plain = { data: Float32Array.of(3, -4, 12, 84).map((value) => value * scale), shape: [4] };
      for (const y of forms(x, (t) => norm(t, { norm: "l2" })))
        expect(y.data[0] / scale).toBeCloseTo(Math.sqrt(7225), 4);
      for (const y of forms(x, (t) => norm(t, { norm: { lp: 4 } }))) {
        expect(y.data[0] / scale).toBeCloseTo((81 + 256 + 20736 + 84 ** 4) ** 0.25, 4);
      }
    }
  });
});
