/**
 * The memory map of the diagnosis kernels that both sides share, as src/abi/plan.ts is that of the others: parameters that
 * TypeScript writes, and the report that it reads. 64-bit floats unless it says otherwise.
 */

/** Above the static memory of the other kernels, which keep their plan and tiles meanwhile (assembly/memory.ts compares). */
export const REPORT = 163840;

// --- what the data is: inspect() -----------------------------------------------------------------------

/** Counts of floor(log2 |x|) from INSPECT_LEAST to 127, of zeros, infinities and NaN: 32-bit integers. */
export const INSPECT_COUNTS = REPORT;
export const INSPECT_LEAST = -149;
export const INSPECT_ZEROS = INSPECT_COUNTS + (128 - INSPECT_LEAST) * 4;
export const INSPECT_INFINITE = INSPECT_ZEROS + 4;
export const INSPECT_NAN = INSPECT_ZEROS + 8;
/** Bits of the least nonzero and the greatest finite magnitude, float32: 32-bit integers. */
export const INSPECT_LOW = INSPECT_ZEROS + 12;
export const INSPECT_HIGH = INSPECT_ZEROS + 16;

// --- error statistics ----------------------------------------------------------------------------------

/** States of error statistics, ERRORS_BYTES each: `own` and `total` of each stage. The first is also that of compare(). */
export const ERRORS = REPORT + 2048;
export const ERRORS_BYTES = 128;
export const OWN = 0;
export const TOTAL = 1;

// offsets in a state
/** Pairs that are neither special nor agree as specials, and pairs where just one is special. */
export const ERRORS_ORDINARY = 0;
export const ERRORS_MISMATCHED = 8;
/** The signed error of greatest size in ulp and its index, -1 for none. */
export const ERRORS_WORST = 16;
export const ERRORS_INDEX = 24;
/** Sums over pairs of c, v, d = c - v and e = d / ulp. */
export const ERRORS_E = 32;
export const ERRORS_EE = 40;
export const ERRORS_VV = 48;
export const ERRORS_DD = 56;
export const ERRORS_CV = 64;
export const ERRORS_CC = 72;
/** Greatest |d|, |d| / |v| and, special pairs included, finite |v|. */
export const ERRORS_ABSOLUTE = 80;
export const ERRORS_RELATIVE = 88;
export const ERRORS_LARGEST = 96;
/** The 0.5, 0.99 and 0.999 quantiles of |e|, as float32 has them: from select(). */
export const ERRORS_QUANTILES = 104;

// --- stages --------------------------------------------------------------------------------------------

export const INPUT_STAGE = 0;
export const MEAN_STAGE = 1;
export const CENTRE_STAGE = 2;
export const TERM_STAGE = 3;
export const SUM_STAGE = 4;
export const DEVIATION_STAGE = 5;
export const RECIPROCAL_STAGE = 6;
/** Of statistics in a format of their own: the mean, and 1 / S, rounded to the compute format. */
export const MEAN_ROUNDED_STAGE = 7;
export const RECIPROCAL_ROUNDED_STAGE = 8;
/** Of outputs as x · a + b: a and b, one for each group where all of its elements have the same weight. */
export const SLOPE_STAGE = 9;
export const SHIFT_STAGE = 10;
export const OUTPUT_STAGE = 11;
export const STAGE_COUNT = 12;

// --- events: for each stage, one entry for each kind ---------------------------------------------------

export const OVERFLOW_EVENT = 0;
export const UNDERFLOW_EVENT = 1;
export const SUBNORMAL_EVENT = 2;
export const STAGNATION_EVENT = 3;
export const INVALID_EVENT = 4;
export const EVENT_KINDS = 5;
/** Counts. */
export const EVENT_COUNTS = ERRORS + 2 * STAGE_COUNT * ERRORS_BYTES;
/** Group and position of the first, 32-bit integers; group -1 for none, position -1 where there is no element. */
export const EVENT_GROUPS = EVENT_COUNTS + STAGE_COUNT * EVENT_KINDS * 8;
export const EVENT_ELEMENTS = EVENT_GROUPS + STAGE_COUNT * EVENT_KINDS * 4;

// --- what trace() is given: 32-bit integers ------------------------------------------------------------

/** RECORD_BYTES of work space for each group, which judge() reads as well. */
export const RECORDS = EVENT_ELEMENTS + STAGE_COUNT * EVENT_KINDS * 4;
export const RECORD_BYTES = 40;
/**
 * What judge() knows that is exact: nothing, the means of the records, mean and scale of each group, or, beside these, the outputs
 * at EXACT_VALUES. By another norm than that of the records, outputs are multiples of these, by the ratio of the scales, where
 * there are no weights and biases.
 */
export const KNOWN_NOTHING = 0;
export const KNOWN_MEANS = 1;
export const KNOWN_SCALES = 2;
export const KNOWN_VALUES = 3;
export const KNOWN_MULTIPLES = 4;
/** Where the condition number of each group's mean goes, 64-bit floats. */
export const CONDITIONS = RECORDS + 4;
/** Where |e| go, float32: those of the groups, twelve arrays of them. */
export const GROUP_ERRORS = RECORDS + 8;
/** Work space for the selection of the k largest distances, of four groups at a time: 32 (k + max(k, 64)) bytes. */
export const LARGEST_SPACE = RECORDS + 12;
/** Where |e| of elements go, float32 in the order of the tensor: an address for each stage and kind, as there are states. */
export const ELEMENT_ERRORS = RECORDS + 16;
/**
 * Where sweep() of the output and judge() keep exact outputs, 64-bit floats, tile after tile, each behind a head that tells what is
 * known of its outputs; 0 for nowhere. They leave the address behind the last tile here. There is room for a head for each group
 * and one for every 128 elements, but for no more than one for every four.
 */
export const EXACT_VALUES = ELEMENT_ERRORS + 2 * STAGE_COUNT * 4;
export const EXACT_HEAD_BYTES = 32;
/** In a head, 64-bit floats: Σv², the largest and the least |v|, and their sum, rounded once. */
export const EXACT_SQUARES = 0;
export const EXACT_LARGEST = 8;
export const EXACT_LEAST = 16;
export const EXACT_SIZES = 24;

/** Where sweep() of the output puts what was computed, float32 in the order of the tensor; 0 for nowhere. */
export const OUTPUTS = EXACT_VALUES + 4;

// --- what it finds -------------------------------------------------------------------------------------

/** Greatest finite |sum| of the elements of a group, for the mean. */
export const LARGEST_SUM = OUTPUTS + 4;
/** Groups where an infinity was divided by, and nothing shows it. */
export const ABSORBED = LARGEST_SUM + 8;
/** Parts of the total error of a group: what came in, what the additions and the quotient did, and their sum. */
export const PART_BEFORE = ABSORBED + 8;
export const PART_ADDITIONS = ABSORBED + 16;
export const PART_FINAL = ABSORBED + 24;
export const PART_TOTAL = ABSORBED + 32;
/** First byte after the report. */
export const REPORT_END = ABSORBED + 40;
