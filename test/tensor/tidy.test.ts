/** Scopes that dispose of tensors, and memory that is short of them. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  layerNorm,
  layerNormBackward,
  load,
  memory,
  norm,
  statistics,
  type Tensor,
  tensor,
  tidy,
} from "../../src/index.js";
import { turn } from "../support/collect.js";
import { any } from "../support/refuses.js";

let before: ReturnType<typeof memory>;
beforeEach(() => {
  before = memory();
});
afterEach(() => {
  expect(memory()).toMatchObject({ used: before.used, tensors: before.tensors });
});

describe("tidy()", () => {
  test("disposes of what was made in it but not returned", () => {
    using x = tensor([[1, 2, 4]]);
    let inner: Tensor | undefined;
    const length = tidy(() => {
      inner = layerNorm(x);
      statistics(x);
      layerNormBackward(x, inner);
      return norm(inner, { norm: "l1" });
    });
    expect(memory().tensors).toBe(before.tensors + 2);
    expect(inner?.disposed).toBe(true);
    expect(x.disposed).toBe(false);
    expect(length.data[0]).toBe(
      norm(layerNorm({ data: Float32Array.of(1, 2, 4), shape: [1, 3] }), { norm: "l1" }).data[0],
    );
    length.dispose();
  });

  test("keeps what is returned in arrays and objects, in circles, and as a view", async () => {
    const own = await load();
    const result = tidy(() => {
      const [a, b, c, d] = [1, 2, 3, 4].map((value) => own.tensor([value]));
      own.tensor([5]);
      const circle: Record<string, unknown> = { list: [a, [b, 7, null]], c };
      circle.self = circle;
      return { circle, view: d.data, text: "x" };
    });
    expect(own.memory().tensors).toBe(4);
    const { list, c } = result.circle as { list: [Tensor, [Tensor]]; c: Tensor };
    expect([list[0].data[0], list[1][0].data[0], c.data[0], result.view[0]]).toEqual([1, 2, 3, 4]);
    for (const kept of [list[0], list[1][0], c]) kept.dispose();
    // the tensor of a view has no other name: only the collector frees it
    expect(own.memory().tensors).toBe(1);
  });

  test("what an inner scope returns belongs to the outer one", () => {
    const seen: Tensor[] = [];
    const kept = tidy(() => {
      seen.push(tidy(() => tensor([1])));
      seen.push(tensor([2]));
      expect(seen.map((each) => each.disposed)).toEqual([false, false]);
      return tidy(() => {
        seen.push(tensor([3]));
        return tensor([4]);
      });
    });
    expect(seen.map((each) => each.disposed)).toEqual([true, true, true]);
    expect(kept.data[0]).toBe(4);
    kept.dispose();
  });

  test("passes on what is thrown, and a tensor may be disposed of before its end", () => {
    const error = new Error("mine");
    const made: Tensor[] = [];
    expect(() =>
      tidy(() => {
        made.push(tensor([1]), tensor([2]));
        made[0].dispose();
        throw error;
      }),
    ).toThrow(error);
    expect(made.map((each) => each.disposed)).toEqual([true, true]);
    expect(tidy(() => 5)).toBe(5);
    expect(tidy(() => undefined)).toBe(undefined);
  });

  test("takes synchronous functions only", async () => {
    let x: Tensor | undefined;
    const call = async () => {
      x = tensor([1]);
      await turn();
      return x.data;
    };
    expect(() => tidy(call)).toThrow(
      new TypeError('"call" must be a synchronous function, got one that returns a promise'),
    );
    expect(x?.disposed).toBe(true);
    await turn();
    expect(() => tidy(any(3))).toThrow(new TypeError('"call" must be a function, got 3'));
  });

  test("looks after the tensors of all instances, and does not choose one", async () => {
    const own = await load();
    own.tidy(() => {
      own.tensor([1]);
      expect(tensor([2]).data.buffer).not.toBe(own.tensor([3]).data.buffer);
      expect(memory().tensors).toBe(before.tensors + 1);
      expect(own.memory().tensors).toBe(2);
    });
    expect(own.memory().tensors).toBe(0);
  });

  test("keeps memory as it is in a loop that would exhaust it", async () => {
    const own = await load({ maxBytes: 2 ** 20 });
    const x = own.tensor(new Float32Array(1024).fill(1), [4, 256]);
    for (let i = 0; i < 2000; i++) own.tidy(() => own.norm(own.layerNorm(x)).data[0]);
    expect(own.memory()).toMatchObject({ tensors: 1 });
  });
});

describe("tensors that are forgotten", () => {
  test("in a loop without await: an error that says what to do, and the next turn has room again", async () => {
    const own = await load({ maxBytes: 2 ** 20 });
    const x = own.tensor(new Float32Array(1024).fill(1), [4, 256]);
    const forget = () => {
      for (let i = 0; i < 1000; i++) own.layerNorm(x);
    };
    expect(forget).toThrow(RangeError);
    expect(forget).toThrow(
      /^not enough memory: .* tensors hold \d+: dispose\(\) of .*, or use tidy\(\).* without await$/,
    );
    expect(x.data[0]).toBe(1);
  });

  test("with turns of the event loop now and then: the collector comes unasked, and memory suffices", async () => {
    const most = 48 * 2 ** 20;
    const own = await load({ maxBytes: most });
    const x = own.tensor(new Float32Array(8192).fill(1), [4, 2048]);
    // ten times as much as there is
    for (let i = 0; i < 16_000; i++) {
      own.layerNorm(x);
      if (i % 50 === 0) await new Promise<void>((done) => setImmediate(done));
      // on a busy machine it takes its time; how much is not ours to test
      for (let turns = 0; own.memory().used > most / 2 && turns < 6000; turns++) await turn();
    }
    expect(own.memory().used).toBeLessThan(most);
  }, 600_000);
});
