// Static memory of the gradients, behind that of the core (memory.ts) and below HEAP. Other parts may use the same room:
// nothing stays there from call to call.

import { COLUMN_SCALE, COLUMN_SHIFT } from "./memory";

const BASE: usize = 160512;

/** Elements of the upstream gradient, and work space. One vector past the end may be read. */
export const TILE_G: usize = BASE;
export const TILE_E: usize = TILE_G + 16384 + 256;

/**
 * float64 values of each group of a panel. The factor is 1 / S. The sums are those of g and of g y, and then the terms of
 * dx that follow from them, before the factor: a constant one, and what A w is to the shape of w (gradients/native.ts). The
 * shape is summed as well.
 */
export const GRADIENT_FACTOR: usize = TILE_E + 16384 + 256;
export const GRADIENT_SUM: usize = GRADIENT_FACTOR + 8192 + 64;
export const GRADIENT_DOT: usize = GRADIENT_SUM + 8192 + 64;
export const GRADIENT_SHAPE: usize = GRADIENT_DOT + 8192 + 64;

/** float32 values: the factor; what dy is multiplied by; the two terms, after the factor; the weight. */
export const GRADIENT_SCALE: usize = COLUMN_SCALE;
export const GRADIENT_SHIFT: usize = COLUMN_SHIFT;
export const GRADIENT_GAIN: usize = GRADIENT_SHAPE + 8192 + 64;
export const GRADIENT_SLOPE: usize = GRADIENT_GAIN + 4096 + 64;
export const GRADIENT_WEIGHT: usize = GRADIENT_SLOPE + 4096 + 64;

/** Selection: what an element has to be to be selected (gradients/selected.ts), and how many have been. */
export const GRADIENT_WANTED: usize = GRADIENT_WEIGHT + 4096 + 64;
export const GRADIENT_OTHER: usize = GRADIENT_WANTED + 4096 + 64;
export const GRADIENT_FOUND: usize = GRADIENT_OTHER + 4096 + 64;

/** L1: what elements above the mean are greater than, and those below it less; how many of each there are. */
export const GRADIENT_UPPER: usize = GRADIENT_WANTED;
export const GRADIENT_LOWER: usize = GRADIENT_OTHER;
export const GRADIENT_ABOVE: usize = GRADIENT_FOUND;
export const GRADIENT_BELOW: usize = GRADIENT_FOUND + 4096 + 64;
/** The terms together, of elements at the mean and of those below it; the bits that make that of those above. */
export const GRADIENT_LEVEL: usize = GRADIENT_SHIFT;
export const GRADIENT_UNDER: usize = GRADIENT_BELOW + 4096 + 64;
export const GRADIENT_OVER: usize = GRADIENT_SLOPE;
