// The memory below HEAP, whole: every region, one after the other, what it holds and what is alive with it.
//
//     from         regions                                                     alive
//     PLAN         the plan (src/abi/plan.ts)                                  always
//     FORMATS      formats, constants                                          always
//     TILE_X       tiles, accumulators, values of the groups of a bundle       in every call of any part
//     PANEL_SUM    values of the groups of a panel, to RAW_SUM and others      the same
//     TILE_G       gradients                                                   in a call of the gradients
//     REPORT       the report (src/abi/report.ts), diagnosis                   in the calls of a diagnosis
//     HEAP         what TypeScript allocates
//
// Gradients and diagnosis share their room: no call is of both. A region begins where the one before it ends, so its address
// says which that is and how long. What begins elsewhere is compared, at the end of the file or where it is declared: the
// compiler reports what overlaps.

import { HEAP, PANEL, PLAN_END, RAW_HIGH, RAW_LOW, RAW_SCALE, RAW_SUM, ROUNDED_MOST } from "../src/abi/plan";
import {
  ERRORS,
  EVENT_KINDS,
  EXACT_HEAD_BYTES,
  INSPECT_HIGH,
  REPORT,
  REPORT_END,
  STAGE_COUNT,
} from "../src/abi/report";

// --- bytes ------------------------------------------------------------------------------------------------

/** Elements of a tile: what is staged in the first-level cache at a time. */
export const TILE: i32 = 4096;
/** Groups that are emulated side by side at the most. */
export const BUNDLE: i32 = 32;

/** One number for each element of a tile. One vector past the end may be read. */
const TILE_FLOATS: usize = 4 * TILE + 256;
const TILE_DOUBLES: usize = 8 * TILE + 256;
/** One number for each group of a bundle. */
export const BUNDLE_FLOATS: usize = 4 * BUNDLE;
export const BUNDLE_DOUBLES: usize = 8 * BUNDLE;
/** A sum in two float64 for each group of a bundle (diagnosis/reals.ts). */
export const BUNDLE_SUMS: usize = 2 * BUNDLE_DOUBLES;
/** 32 numbers for each group of a bundle. */
const BUNDLE_LANES: usize = 4 * 32 * BUNDLE + 64;
/** One number for each group of a panel. */
const PANEL_FLOATS: usize = 4 * PANEL + 64;
const PANEL_DOUBLES: usize = 8 * PANEL + 64;

/** A format (formats/format.ts), and how it is watched (diagnosis/events.ts). */
export const FORMAT_BYTES: usize = 512;
export const WATCH_BYTES: usize = 64;
/** An exact sum (reductions/exact-sum.ts). */
export const EXACT_BYTES: usize = 128;
/** The state of a selection of the largest: of float32 (reductions/top.ts), of float64 (diagnosis/top-float64.ts). */
export const TOP_BYTES: usize = 16;
export const LARGEST_BYTES: usize = 32;

// --- always -----------------------------------------------------------------------------------------------

/** Constants of the formats of an emulated computation. */
export const FORMATS: usize = (PLAN_END + 1023) & ~1023;
/** Vectors (lanes/constants.ts). */
export const CONSTANTS: usize = FORMATS + 3 * FORMAT_BYTES;
/** What emulated sums are divided by, float64: the elements of a group, rounded if the plan says so. */
export const DIVISOR: usize = CONSTANTS + 24 * 16;
/** A vector on its way into a register (lanes/vectors.ts), or that a loop loads in each turn. */
export const HELD: usize = DIVISOR + 16;
const CONSTANTS_END: usize = HELD + 16;

// --- tiles ------------------------------------------------------------------------------------------------

/** Elements of the groups, centred in place. */
export const TILE_X: usize = (CONSTANTS_END + 4095) & ~4095;
/** Terms of a sum. */
export const TILE_T: usize = TILE_X + TILE_FLOATS;
/** Weights and biases, rounded. */
export const TILE_W: usize = TILE_T + TILE_FLOATS;
export const TILE_B: usize = TILE_W + TILE_FLOATS;

// --- the groups of a bundle ---------------------------------------------------------------------------------

/** 32 accumulators of each group, and what they were before the current tile. */
export const LANES: usize = TILE_B + TILE_FLOATS;
export const LANES_SAVED: usize = LANES + BUNDLE_LANES;
/** Stack of the pairwise tree: 32 levels of one float32 for each group. */
export const TREE: usize = LANES_SAVED + BUNDLE_LANES;
/** Exact accumulators of each group. */
export const EXACT_SUMS: usize = TREE + 32 * BUNDLE_FLOATS;

/** A float64 statistic and float32 values of each group. */
export const GROUP_SUM: usize = EXACT_SUMS + EXACT_BYTES * BUNDLE;
export const GROUP_MEAN: usize = GROUP_SUM + BUNDLE_DOUBLES;
export const GROUP_NEGATED: usize = GROUP_MEAN + BUNDLE_FLOATS;
export const GROUP_SCALE: usize = GROUP_NEGATED + BUNDLE_FLOATS;
export const GROUP_WEIGHT: usize = GROUP_SCALE + BUNDLE_FLOATS;
export const GROUP_BIAS: usize = GROUP_WEIGHT + BUNDLE_FLOATS;
/** State of the top-k selection of up to four groups. */
export const GROUP_TOP: usize = GROUP_BIAS + BUNDLE_FLOATS;
const GROUP_END: usize = GROUP_TOP + 4 * TOP_BYTES;

// --- the groups of a panel ----------------------------------------------------------------------------------
//
// In rows one, or those that are walked together; in columns up to PANEL. Of emulated groups, the greatest and the least stand
// here, too.

/** float64 values. */
export const PANEL_SUM: usize = RAW_SUM;
export const PANEL_MEAN: usize = PANEL_SUM + PANEL_DOUBLES;
export const PANEL_PLAIN: usize = PANEL_MEAN + PANEL_DOUBLES;
/** Greatest and least element as `ordered` integers. */
export const PANEL_HIGH: usize = PANEL_PLAIN + PANEL_DOUBLES;
export const PANEL_LOW: usize = PANEL_HIGH + PANEL_FLOATS;
/** float32 values: the mean, and what is missing to it. */
export const PANEL_CENTRE: usize = PANEL_LOW + PANEL_FLOATS;
export const PANEL_REST: usize = PANEL_CENTRE + PANEL_FLOATS;
/** What distances are multiplied by first: of Lp norms, and of output whose scale is beyond float32. */
export const PANEL_FIRST: usize = PANEL_REST + PANEL_FLOATS;
/** What they are multiplied by then, and what is added. */
export const PANEL_SCALE: usize = PANEL_FIRST + PANEL_FLOATS;
export const PANEL_SHIFT: usize = PANEL_SCALE + PANEL_FLOATS;
const PANEL_END: usize = PANEL_SHIFT + PANEL_FLOATS;

// --- gradients ------------------------------------------------------------------------------------------------

/** Elements of the upstream gradient, and work space. */
export const TILE_G: usize = (PANEL_END + 255) & ~255;
export const GRADIENT_TILE: usize = TILE_G + TILE_FLOATS;

/**
 * float64 values of each group of a panel. The factor is 1 / S. The sums are those of g and of g y, and then the terms of
 * dx that follow from them, before the factor: a constant one, and what A w is to the shape of w (gradients/native.ts). The
 * shape is summed as well.
 */
export const GRADIENT_FACTOR: usize = GRADIENT_TILE + TILE_FLOATS;
export const GRADIENT_SUM: usize = GRADIENT_FACTOR + PANEL_DOUBLES;
export const GRADIENT_DOT: usize = GRADIENT_SUM + PANEL_DOUBLES;
export const GRADIENT_SHAPE: usize = GRADIENT_DOT + PANEL_DOUBLES;

/** float32 values: the factor; what dy is multiplied by; the two terms, after the factor; the weight. */
export const GRADIENT_SCALE: usize = PANEL_SCALE;
export const GRADIENT_SHIFT: usize = PANEL_SHIFT;
export const GRADIENT_GAIN: usize = GRADIENT_SHAPE + PANEL_DOUBLES;
export const GRADIENT_SLOPE: usize = GRADIENT_GAIN + PANEL_FLOATS;
export const GRADIENT_WEIGHT: usize = GRADIENT_SLOPE + PANEL_FLOATS;

/** Selection: what an element has to be to be selected (gradients/selected.ts), and how many have been. */
export const GRADIENT_WANTED: usize = GRADIENT_WEIGHT + PANEL_FLOATS;
export const GRADIENT_OTHER: usize = GRADIENT_WANTED + PANEL_FLOATS;
export const GRADIENT_FOUND: usize = GRADIENT_OTHER + PANEL_FLOATS;

/** L1: what elements above the mean are greater than, and those below it less; how many of each there are. */
export const GRADIENT_UPPER: usize = GRADIENT_WANTED;
export const GRADIENT_LOWER: usize = GRADIENT_OTHER;
export const GRADIENT_ABOVE: usize = GRADIENT_FOUND;
export const GRADIENT_BELOW: usize = GRADIENT_FOUND + PANEL_FLOATS;
/** The terms together, of elements at the mean and of those below it; the bits that make that of those above. */
export const GRADIENT_LEVEL: usize = GRADIENT_SHIFT;
export const GRADIENT_UNDER: usize = GRADIENT_BELOW + PANEL_FLOATS;
export const GRADIENT_OVER: usize = GRADIENT_SLOPE;
const GRADIENT_END: usize = GRADIENT_UNDER + PANEL_FLOATS;

/** Sums of a part of a group in rows, behind those of the groups of a panel: as if of group number PART. */
export const PART: i32 = PANEL;
export const PART_SUM: usize = GRADIENT_SUM + 8 * PANEL;
export const PART_DOT: usize = GRADIENT_DOT + 8 * PANEL;
export const PART_SHAPE: usize = GRADIENT_SHAPE + 8 * PANEL;
export const PART_ABOVE: usize = GRADIENT_ABOVE + 4 * PANEL;
export const PART_BELOW: usize = GRADIENT_BELOW + 4 * PANEL;

// --- diagnosis, behind its report -------------------------------------------------------------------------------

/** The unit of errors, vectors (diagnosis/error-statistics.ts): 2^emin and 2^emax, whose spacing is that of all beyond. */
export const UNIT_LEAST: usize = (REPORT_END + 63) & ~63;
export const UNIT_MOST: usize = UNIT_LEAST + 16;
/** The bits that less those of 2^E give those of 1 / ulp in binade E. */
export const UNIT_INVERSE: usize = UNIT_MOST + 16;
/** The exponent field of float64. */
export const UNIT_EXPONENTS: usize = UNIT_INVERSE + 16;
/** What is found in a tile of pairs: nine float64 (diagnosis/tile-errors.ts). */
export const UNIT_FOUND: usize = UNIT_EXPONENTS + 16;
/** Three pairs of a digit and a rank, 32-bit integers (diagnosis/quantiles.ts). */
export const RANKS: usize = UNIT_FOUND + 9 * 8;
/** For each mask of four lanes, the bytes that bring its lanes together (diagnosis/gather-digits.ts). */
export const MASKS: usize = (RANKS + 3 * 8 + 15) & ~15;
const MASKS_END: usize = MASKS + 16 * 16;

/** Exact values, float64, with room for a head before them, and their errors. */
export const TILE_V: usize = (MASKS_END + EXACT_HEAD_BYTES + 4095) & ~4095;
export const TILE_E: usize = TILE_V + TILE_DOUBLES;
/** The elements as they are stored, without rounding. */
export const TILE_R: usize = TILE_E + TILE_FLOATS;
/** Where native groups have sums: distances from the emulated mean, of a diagnosis; b of a folded output, element by element. */
export const TILE_D: usize = PANEL_SUM;

/** Exact sums of each group of a bundle: elements, rounded elements, terms, terms of exact distances. */
export const SUM_X: usize = TILE_R + TILE_FLOATS;
export const SUM_ROUNDED: usize = SUM_X + BUNDLE_SUMS;
export const SUM_TERMS: usize = SUM_ROUNDED + BUNDLE_SUMS;
export const SUM_EXACT: usize = SUM_TERMS + BUNDLE_SUMS;
/** Errors of the additions of a group: a single sum. */
export const GATHERED: usize = SUM_EXACT + BUNDLE_SUMS;
/** float64 of each group: sum of magnitudes, the exact mean to twice the digits of float64, exact S. */
export const REAL_SIZES: usize = GATHERED + BUNDLE_SUMS;
export const REAL_HIGH: usize = REAL_SIZES + BUNDLE_DOUBLES;
export const REAL_LOW: usize = REAL_HIGH + BUNDLE_DOUBLES;
export const REAL_SCALE: usize = REAL_LOW + BUNDLE_DOUBLES;
/** What was emulated: sum for the mean, mean, S and 1 / S. */
export const REAL_MEAN_SUM: usize = REAL_SCALE + BUNDLE_DOUBLES;
export const REAL_MEAN: usize = REAL_MEAN_SUM + BUNDLE_DOUBLES;
export const REAL_DEVIATION: usize = REAL_MEAN + BUNDLE_DOUBLES;
export const REAL_INVERSE: usize = REAL_DEVIATION + BUNDLE_DOUBLES;
/** Greatest and least element of each group as `ordered` integers. */
export const EXTREME_HIGH: usize = REAL_INVERSE + BUNDLE_DOUBLES;
export const EXTREME_LOW: usize = EXTREME_HIGH + BUNDLE_FLOATS;
/** The same of emulated distances. */
export const TAKEN_HIGH: usize = EXTREME_LOW + BUNDLE_FLOATS;
export const TAKEN_LOW: usize = TAKEN_HIGH + BUNDLE_FLOATS;
/** First places of each kind of event at each stage in each group (diagnosis/events.ts), and counts beside LANES. */
export const FIRSTS: usize = TAKEN_LOW + BUNDLE_FLOATS;
export const FIRSTS_BYTES: usize = BUNDLE_FLOATS * STAGE_COUNT * EVENT_KINDS;
export const STAGNANT: usize = FIRSTS + FIRSTS_BYTES;
/** The formats as they are watched. */
export const WATCHES: usize = STAGNANT + BUNDLE_LANES;
/** State of the selection of the largest of up to four groups. */
export const LARGEST_STATES: usize = WATCHES + 3 * WATCH_BYTES;
/** float64 of each group: what distances are divided by before a power is taken, the largest distance (diagnosis/powers.ts). */
export const REAL_UNIT: usize = (LARGEST_STATES + 4 * LARGEST_BYTES + 15) & ~15;
export const REAL_LARGEST: usize = REAL_UNIT + BUNDLE_DOUBLES;
const DIAGNOSIS_END: usize = REAL_LARGEST + BUNDLE_DOUBLES;

// --- what may not overlap, and what both sides have to have in one place -----------------------------------------

if (TILE != <i32>ROUNDED_MOST) ERROR("rows that are taken where they are are no tiles");
if (GROUP_END > PANEL_SUM) ERROR("the groups of a bundle reach into those of a panel");
// assertions know the names of their files, which stand between the two (asconfig.json)
if (!ASC_NO_ASSERT && GROUP_END > <usize>ASC_MEMORY_BASE) ERROR("the groups of a bundle reach into names of files");
if (PANEL_END > <usize>REPORT) ERROR("the groups of a panel reach into the report");
if (INSPECT_HIGH + 4 > ERRORS) ERROR("what inspect() counts reaches into the error statistics");
if (TILE_D + TILE_FLOATS > PANEL_HIGH) ERROR("the distances of a diagnosis reach into its extremes");
if (GRADIENT_END > <usize>HEAP) ERROR("the memory of the gradients reaches into the heap");
if (DIAGNOSIS_END > <usize>HEAP) ERROR("the memory of the diagnosis reaches into the heap");
if (PANEL_HIGH != <usize>RAW_HIGH || PANEL_LOW != <usize>RAW_LOW || PANEL_FIRST != <usize>RAW_SCALE) {
  ERROR("src/abi/plan.ts has other addresses for the accumulators of a panel");
}
