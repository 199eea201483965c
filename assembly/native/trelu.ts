// The paper's activation of mean 0 and variance 1.

import { storeLanes } from "../lanes/vectors";

/** The activation of zero mean and unit variance on N(0, 1): (max(x, 0) - 1/sqrt(2 pi)) / sqrt((1 - 1/pi) / 2). */
export function trelu(x: usize, y: usize, n: i32): void {
  const zero = f32x4.splat(0);
  const centre = f32x4.splat(<f32>0.3989422804014327);
  const scale = f32x4.splat(<f32>1.712858550449663);
  for (; n >= 8; n -= 8) {
    const a = f32x4.max(v128.load(x, 0), zero);
    const b = f32x4.max(v128.load(x, 16), zero);
    v128.store(y, f32x4.mul(f32x4.sub(a, centre), scale), 0);
    v128.store(y, f32x4.mul(f32x4.sub(b, centre), scale), 16);
    x += 32;
    y += 32;
  }
  for (; n > 0; n -= 4) {
    const positive = f32x4.max(v128.load(x), zero);
    storeLanes(y, f32x4.mul(f32x4.sub(positive, centre), scale), n);
    x += 16;
    y += 16;
  }
}
