// The passes that a remedy of a float16 diagnosis cannot do without, with nothing around them: no other format, order or layout, no
// ends of rows, no number that is special, and nothing that is found out about the rest. Rows are of a multiple of 32.

function promoteLow(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

/** x to 11 digits, where it is known to be in the range of float16. */
function split(x: v128): v128 {
  const y = f32x4.mul(x, f32x4.splat(8193));
  return f32x4.sub(y, f32x4.sub(y, x));
}

/** x to float16, subnormals among them, but for infinity and the sign of 0. */
function round(x: v128): v128 {
  const binade = i32x4.max_s(v128.and(x, i32x4.splat(0x7f800000)), i32x4.splat((127 - 14) << 23));
  const m = i32x4.add(binade, i32x4.splat((13 << 23) + 0x00400000));
  return f32x4.sub(f32x4.add(x, m), m);
}

function signed(x: v128): v128 {
  return v128.or(round(x), v128.and(x, i32x4.splat(i32.MIN_VALUE)));
}

/** Layer norm of rows in emulated float16, by a mean and a factor that are given: what they would be is summed, too. */
export function emulate(x: usize, y: usize, rows: i32, n: i32, tile: usize, mean: f32, factor: f32): f32 {
  const m = f32x4.splat(-mean);
  const s = f32x4.splat(factor);
  const bytes = (<usize>n) << 2;
  let sums = f32x4.splat(0);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < 128; at += 32) {
      let a = f32x4.splat(0);
      let b = a;
      for (let p = at; p < bytes; p += 128) {
        const c = signed(v128.load(x + p));
        const d = signed(v128.load(x + p, 16));
        v128.store(tile + p, c);
        v128.store(tile + p, d, 16);
        a = split(f32x4.add(a, c));
        b = split(f32x4.add(b, d));
      }
      sums = f32x4.add(sums, f32x4.add(a, b));
    }
    for (let at: usize = 0; at < 128; at += 32) {
      let a = f32x4.splat(0);
      let b = a;
      for (let p = at; p < bytes; p += 128) {
        const c = split(f32x4.add(v128.load(tile + p), m));
        const d = split(f32x4.add(v128.load(tile + p, 16), m));
        v128.store(tile + p, c);
        v128.store(tile + p, d, 16);
        a = split(f32x4.add(a, round(f32x4.mul(c, c))));
        b = split(f32x4.add(b, round(f32x4.mul(d, d))));
      }
      sums = f32x4.add(sums, f32x4.add(a, b));
    }
    for (let p: usize = 0; p < bytes; p += 32) {
      v128.store(y + p, signed(f32x4.mul(v128.load(tile + p), s)));
      v128.store(y + p, signed(f32x4.mul(v128.load(tile + p, 16), s)), 16);
    }
    x += bytes;
    y += bytes;
  }
  return f32x4.extract_lane(sums, 0);
}

/** Errors of n numbers at c beside exact ones in float64, in ulp, to `errors`; returns a sum of all that is found of them. */
export function judge(c: usize, v: usize, n: i32, errors: usize): f64 {
  const exponents = i64x2.splat(0x7ff0000000000000);
  const least = f64x2.splat(6.103515625e-5);
  const inverse = i64x2.splat((<i64>(2 * 1023 + 10)) << 52);
  let e1 = f64x2.splat(0);
  let e2 = e1;
  let dd = e1;
  let dv = e1;
  let absolute = e1;
  let worst = e1;
  for (const end = c + ((<usize>n) << 2); c < end; c += 16, v += 32, errors += 16) {
    const x = v128.load(c);
    const va = v128.load(v);
    const vb = v128.load(v, 16);
    const da = f64x2.sub(promoteLow(x), va);
    const db = f64x2.sub(promoteHigh(x), vb);
    const ea = f64x2.mul(da, i64x2.sub(inverse, f64x2.pmax(least, v128.and(va, exponents))));
    const eb = f64x2.mul(db, i64x2.sub(inverse, f64x2.pmax(least, v128.and(vb, exponents))));
    const dda = f64x2.mul(da, da);
    const ddb = f64x2.mul(db, db);
    e1 = f64x2.add(f64x2.add(e1, ea), eb);
    e2 = f64x2.add(f64x2.add(e2, f64x2.mul(ea, ea)), f64x2.mul(eb, eb));
    dd = f64x2.add(f64x2.add(dd, dda), ddb);
    dv = f64x2.add(f64x2.add(dv, f64x2.mul(da, va)), f64x2.mul(db, vb));
    absolute = f64x2.pmax(absolute, f64x2.pmax(dda, ddb));
    const both = i64x2.shuffle(f32x4.demote_f64x2_zero(ea), f32x4.demote_f64x2_zero(eb), 0, 2);
    const sizes = f32x4.abs(both);
    v128.store(errors, sizes);
    worst = i32x4.max_s(worst, sizes);
  }
  const all = f64x2.add(f64x2.add(f64x2.add(e1, e2), f64x2.add(dd, dv)), f64x2.add(absolute, promoteLow(worst)));
  return f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
}

/** The same beside (x - mean) / s, with the sum of |x - mean| that another norm has for its s. */
export function judgeByNorm(c: usize, x: usize, n: i32, errors: usize, mean: f64, rest: f64, s: f64, tile: usize): f64 {
  const high = f64x2.splat(mean);
  const low = f64x2.splat(rest);
  const divisor = f64x2.splat(s);
  let a = f64x2.splat(0);
  let b = a;
  let below = a;
  const bytes = (<usize>n) << 2;
  for (let p: usize = 0; p < bytes; p += 16) {
    const y = v128.load(x + p);
    const da = f64x2.sub(f64x2.sub(promoteLow(y), high), low);
    const db = f64x2.sub(f64x2.sub(promoteHigh(y), high), low);
    const sumA = f64x2.add(a, f64x2.abs(da));
    const sumB = f64x2.add(b, f64x2.abs(db));
    below = f64x2.add(below, f64x2.sub(f64x2.abs(da), f64x2.sub(sumA, a)));
    below = f64x2.add(below, f64x2.sub(f64x2.abs(db), f64x2.sub(sumB, b)));
    a = sumA;
    b = sumB;
    v128.store(tile + (p << 1), f64x2.div(da, divisor));
    v128.store(tile + (p << 1), f64x2.div(db, divisor), 16);
  }
  const sum = f64x2.add(f64x2.add(a, b), below);
  return judge(c, tile, n, errors) + f64x2.extract_lane(sum, 0);
}

/** Copies what is of one of two ranges, by `masks` for all sixteen ways to choose of four; returns a sum of what is found. */
export function parts(p: usize, n: i32, to: usize, masks: usize, low: i32, high: i32, tail: i32): usize {
  const a = i32x4.splat(low);
  const b = i32x4.splat(high);
  const c = i32x4.splat(tail);
  let counts = i32x4.splat(0);
  for (const end = p + ((<usize>n) << 2); p < end; p += 16) {
    const x = v128.load(p);
    const from = i32x4.gt_s(x, a);
    const above = i32x4.gt_s(x, c);
    counts = i32x4.sub(i32x4.sub(counts, from), above);
    const mask = i32x4.bitmask(v128.or(v128.andnot(from, i32x4.gt_s(x, b)), above));
    v128.store(to, v128.swizzle(x, v128.load(masks + ((<usize>mask) << 4))));
    to += (<usize>popcnt(mask)) << 2;
  }
  return to + i32x4.extract_lane(counts, 0);
}
