// The static part of memory below HEAP: where the kernels keep constants, tiles and accumulators.
// The plan, which TypeScript writes, stands before it (src/abi/plan.ts, where those that TypeScript reads have their place).

import { RAW_HIGH, RAW_LOW, RAW_SCALE, RAW_SUM } from "../src/abi/plan";

/** Constants of the two formats of an emulated computation, FORMAT_BYTES each (formats/format.ts). */
export const FORMATS: usize = 2048;
export const FORMAT_BYTES: usize = 512;

/** Elements of a tile: what is staged in the first-level cache at a time. */
export const TILE: i32 = 4096;
/** Groups that are emulated side by side at the most. */
export const BUNDLE: i32 = 32;

/** Elements of the groups, centred in place. One vector past the end may be read. */
export const TILE_X: usize = 4096;
/** Terms of a sum. */
export const TILE_T: usize = TILE_X + 16384 + 256;
/** Weights and biases, rounded. */
export const TILE_W: usize = TILE_T + 16384 + 256;
export const TILE_B: usize = TILE_W + 16384 + 256;

/** 32 accumulators of each group of a bundle, and what they were before the current tile. */
export const LANES: usize = TILE_B + 16384 + 256;
export const LANES_SAVED: usize = LANES + 4096 + 64;
/** Stack of the pairwise tree: 32 levels of one float32 for each group of a bundle. */
export const TREE: usize = LANES_SAVED + 4096 + 64;
/** Exact accumulators of each group of a bundle (reductions/exact-sum.ts). */
export const EXACT_SUMS: usize = TREE + 4096;

/** A float64 statistic and float32 values of each group of a bundle. */
export const GROUP_SUM: usize = EXACT_SUMS + 4096;
export const GROUP_MEAN: usize = GROUP_SUM + 256;
export const GROUP_NEGATED: usize = GROUP_MEAN + 128;
export const GROUP_SCALE: usize = GROUP_NEGATED + 128;
export const GROUP_WEIGHT: usize = GROUP_SCALE + 128;
export const GROUP_BIAS: usize = GROUP_WEIGHT + 128;
/** State of the top-k selection of up to four groups (reductions/top.ts). */
export const GROUP_TOP: usize = GROUP_BIAS + 128;

/** Native columns: float64 and float32 values of each column of a panel. */
export const COLUMN_SUM: usize = RAW_SUM;
export const COLUMN_MEAN: usize = COLUMN_SUM + 8192 + 64;
export const COLUMN_SQUARES: usize = COLUMN_MEAN + 8192 + 64;
export const COLUMN_CHUNK: usize = COLUMN_SQUARES + 8192 + 64;
export const COLUMN_HIGH: usize = RAW_HIGH;
export const COLUMN_LOW: usize = RAW_LOW;
export const COLUMN_CENTRE: usize = COLUMN_LOW + 4096 + 64;
export const COLUMN_REST: usize = COLUMN_CENTRE + 4096 + 64;
export const COLUMN_FIRST: usize = RAW_SCALE;
export const COLUMN_SCALE: usize = COLUMN_FIRST + 4096 + 64;
export const COLUMN_SHIFT: usize = COLUMN_SCALE + 4096 + 64;

/** Diagnosis: its report (src/abi/report.ts) stands before these tiles. Exact values, float64, and their errors. */
export const TILE_V: usize = 172032;
export const TILE_E: usize = TILE_V + 32768 + 256;
/** Distances from the emulated mean, where native columns have their sums. */
export const TILE_D: usize = COLUMN_SUM;
/** The elements as they are stored, without rounding. */
export const TILE_R: usize = TILE_E + 16384 + 256;

/** Exact sums of each group of a bundle (diagnosis/reals.ts): elements, rounded elements, terms, terms of exact distances. */
export const SUM_X: usize = TILE_R + 16384 + 256;
export const SUM_ROUNDED: usize = SUM_X + 512;
export const SUM_TERMS: usize = SUM_ROUNDED + 512;
export const SUM_EXACT: usize = SUM_TERMS + 512;
/** Errors of the additions of a group. */
export const GATHERED: usize = SUM_EXACT + 512;
/** float64 of each group: sum of magnitudes, the exact mean to twice the digits of float64, exact S. */
export const REAL_SIZES: usize = GATHERED + 512;
export const REAL_HIGH: usize = REAL_SIZES + 256;
export const REAL_LOW: usize = REAL_HIGH + 256;
export const REAL_SCALE: usize = REAL_LOW + 256;
/** What was emulated: sum for the mean, mean, S and 1 / S. */
export const REAL_MEAN_SUM: usize = REAL_SCALE + 256;
export const REAL_MEAN: usize = REAL_MEAN_SUM + 256;
export const REAL_DEVIATION: usize = REAL_MEAN + 256;
export const REAL_INVERSE: usize = REAL_DEVIATION + 256;
/** Greatest and least element of each group as `ordered` integers. */
export const EXTREME_HIGH: usize = REAL_INVERSE + 256;
export const EXTREME_LOW: usize = EXTREME_HIGH + 128;
/** The same of emulated distances. */
export const TAKEN_HIGH: usize = EXTREME_LOW + 128;
export const TAKEN_LOW: usize = TAKEN_HIGH + 128;
/** First places of events of each group (diagnosis/events.ts), counts beside LANES, formats as they are watched. */
export const FIRSTS: usize = TAKEN_LOW + 128;
export const STAGNANT: usize = FIRSTS + 5120;
export const WATCHES: usize = STAGNANT + 4096 + 64;
/** State of the selection of the largest of up to four groups (diagnosis/top-float64.ts). */
export const LARGEST_STATES: usize = WATCHES + 128;

const BASE: usize = 160512;

/** Elements of the upstream gradient, and work space. One vector past the end may be read. */
export const TILE_G: usize = BASE;

export const GRADIENT_TILE: usize = TILE_G + 16384 + 256;

/**
 * float64 values of each group of a panel. The factor is 1 / S. The sums are those of g and of g y, and then the terms of
 * dx that follow from them, before the factor: a constant one, and what A w is to the shape of w (gradients/native.ts). The
 * shape is summed as well.
 */
export const GRADIENT_FACTOR: usize = GRADIENT_TILE + 16384 + 256;

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
