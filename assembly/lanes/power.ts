// x^p in float64 from additions, multiplications, divisions and square roots alone: the same bits on every machine.

/** 2^k for k in -1074..1023. */
export function powerOfTwo(k: i32): f64 {
  return k >= -1022 ? reinterpret<f64>((<i64>k + 1023) << 52) : reinterpret<f64>((<i64>1) << (k + 1074));
}

/** x * 2^k for any k, rounded once. */
export function scaleByPower(x: f64, k: i32): f64 {
  k = max(min(k, 3000), -3000);
  while (k > 1000) {
    x *= powerOfTwo(1000);
    k -= 1000;
  }
  // the last step is the only one that may round: the exponent left before it keeps x normal
  if (k < -1000) {
    x *= powerOfTwo(-900);
    k += 900;
    while (k < -1000) {
      x *= powerOfTwo(-900);
      k += 900;
    }
  }
  return x * powerOfTwo(k);
}

/** x^p for x >= 0 and p > 0: exact where the exact power fits float64 and 2p is a small integer, else to about 1e-15. */
export function power(x: f64, p: f64): f64 {
  if (x == 0 || x == 1 || !(x < Infinity)) return x;
  const whole = floor(p);
  const rest = p - whole;
  if (whole <= 64 && (rest == 0 || rest == 0.5)) {
    let y = rest == 0 ? 1.0 : sqrt(x);
    let square = x;
    for (let i = <i32>whole; i > 0; i >>= 1) {
      if (i & 1) y *= square;
      square *= square;
    }
    return y;
  }
  return exponential(p, x);
}

/** x^p = 2^(p log2 x). */
function exponential(p: f64, x: f64): f64 {
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)); the data is float32, so x is a normal float64 unless a caller took a
  // power of a power: then bring it up first
  let shift = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984.0; // 2^54
    shift = -54;
  }
  const bits = reinterpret<i64>(x);
  let e = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    e++;
  }
  e += shift;
  // ln m = 2 atanh(f), f = (m - 1) / (m + 1), |f| < 0.172: the terms f^(2i+1) / (2i+1) up to f^21
  const f = (m - 1) / (m + 1);
  const s = f * f;
  let series = 1.0 / 21;
  series = series * s + 1.0 / 19;
  series = series * s + 1.0 / 17;
  series = series * s + 1.0 / 15;
  series = series * s + 1.0 / 13;
  series = series * s + 1.0 / 11;
  series = series * s + 1.0 / 9;
  series = series * s + 1.0 / 7;
  series = series * s + 1.0 / 5;
  series = series * s + 1.0 / 3;
  const log = 2 * f + 2 * f * s * series; // ln m
  // p log2 x = p e + p ln m / ln 2; the whole part goes into the exponent. With p cut to its upper half, p e is exact
  const upper = reinterpret<f64>(reinterpret<i64>(p) & 0xffffffff00000000);
  const pe = upper * <f64>e;
  const small = (p - upper) * <f64>e;
  const whole = nearest(pe + small + p * log * 1.4426950408889634);
  const fraction = (pe - whole) * 0.6931471805599453 + (small * 0.6931471805599453 + p * log);
  // e^fraction, |fraction| < 0.35: Taylor, up to the 16th power
  let y = 1.0;
  for (let i = 16; i > 0; i--) y = 1 + (y * fraction) / <f64>i;
  if (whole > 1100) return Infinity;
  if (whole < -1200) return 0;
  return scaleByPower(y, <i32>whole);
}
