// What nothing that reads the same elements can be faster than: loops that only load, that load and store, and that do the
// least of arithmetic. Compiled by bare.mjs, with the passes of bare-remedies.ts; n is a multiple of 32 everywhere.

export { emulate, judge, judgeByNorm, parts } from "./bare-remedies";

/** Nothing but loads, in four registers. */
export function loads(p: usize, n: i32): i32 {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = p + ((<usize>n) << 2);
  for (; p < end; p += 128) {
    a = v128.or(v128.or(a, v128.load(p)), v128.load(p, 16));
    b = v128.or(v128.or(b, v128.load(p, 32)), v128.load(p, 48));
    c = v128.or(v128.or(c, v128.load(p, 64)), v128.load(p, 80));
    d = v128.or(v128.or(d, v128.load(p, 96)), v128.load(p, 112));
  }
  return v128.any_true(v128.or(v128.or(a, b), v128.or(c, d))) ? 1 : 0;
}

/** A copy. */
export function stores(p: usize, n: i32, to: usize): void {
  const end = p + ((<usize>n) << 2);
  for (; p < end; p += 64, to += 64) {
    v128.store(to, v128.load(p));
    v128.store(to, v128.load(p, 16), 16);
    v128.store(to, v128.load(p, 32), 32);
    v128.store(to, v128.load(p, 48), 48);
  }
}

function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

/** The deviation in one pass: Σd and Σd² of d = x - k, by trees of eight vectors in float32 that are added up in float64. */
export function deviation(p: usize, n: i32, k: f32): f64 {
  const about = f32x4.splat(k);
  let s = f64x2.splat(0);
  let s2 = s;
  let q = s;
  let q2 = s;
  const end = p + ((<usize>n) << 2);
  for (; p < end; p += 128) {
    const a = f32x4.sub(v128.load(p), about);
    const b = f32x4.sub(v128.load(p, 16), about);
    const c = f32x4.sub(v128.load(p, 32), about);
    const d = f32x4.sub(v128.load(p, 48), about);
    const e = f32x4.sub(v128.load(p, 64), about);
    const f = f32x4.sub(v128.load(p, 80), about);
    const g = f32x4.sub(v128.load(p, 96), about);
    const h = f32x4.sub(v128.load(p, 112), about);
    const sum = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
    const squares = f32x4.add(
      f32x4.add(f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), f32x4.add(f32x4.mul(c, c), f32x4.mul(d, d))),
      f32x4.add(f32x4.add(f32x4.mul(e, e), f32x4.mul(f, f)), f32x4.add(f32x4.mul(g, g), f32x4.mul(h, h))),
    );
    s = f64x2.add(s, low(sum));
    s2 = f64x2.add(s2, high(sum));
    q = f64x2.add(q, low(squares));
    q2 = f64x2.add(q2, high(squares));
  }
  s = f64x2.add(s, s2);
  q = f64x2.add(q, q2);
  const mean = (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)) / n;
  return sqrt((f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1)) / n - mean * mean);
}

/** The same where the mean is one to the last digit of float32: Σx in float64, as each element comes, and Σd² in float32. */
export function moments(p: usize, n: i32, k: f32): f64 {
  const about = f32x4.splat(k);
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let q = f32x4.splat(0);
  let r = q;
  const end = p + ((<usize>n) << 2);
  for (; p < end; p += 32) {
    a = f64x2.add(a, f64x2.promote_low_f32x4(v128.load64_zero(p, 0)));
    b = f64x2.add(b, f64x2.promote_low_f32x4(v128.load64_zero(p, 8)));
    c = f64x2.add(c, f64x2.promote_low_f32x4(v128.load64_zero(p, 16)));
    d = f64x2.add(d, f64x2.promote_low_f32x4(v128.load64_zero(p, 24)));
    const x = f32x4.sub(v128.load(p, 0), about);
    const y = f32x4.sub(v128.load(p, 16), about);
    q = f32x4.add(q, f32x4.mul(x, x));
    r = f32x4.add(r, f32x4.mul(y, y));
  }
  a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  q = f32x4.add(q, r);
  const squares = f64x2.add(low(q), high(q));
  const mean = (f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1)) / n;
  const off = mean - k;
  return sqrt((f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1)) / n - off * off);
}
