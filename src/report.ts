/**
 * The memory map of the diagnosis kernels that both sides share, as src/layout.ts is that of the others: parameters that
 * TypeScript writes, and the report that it reads. 64-bit floats unless it says otherwise.
 */

/** Above the static memory of the other kernels (assembly/memory.ts), which keep their plan and tiles meanwhile. */
export const REPORT = 163840;

// --- the unit of errors: vectors that setUnit() fills -------------------------------------------------

/** 2^emin and 2^emax: the binades whose spacing is that of all below and above. */
export const UNIT_LEAST = REPORT;
export const UNIT_MOST = REPORT + 16;
/** The bits that less those of 2^E give those of 1 / ulp in binade E. */
export const UNIT_INVERSE = REPORT + 32;

/** Three pairs of a digit and a rank, 32-bit integers: work space of select(). */
export const RANKS = REPORT + 64;

// --- what the data is: inspect() -----------------------------------------------------------------------

/** Counts of floor(log2 |x|) from INSPECT_LEAST to 127, of zeros, infinities and NaN: 32-bit integers. */
export const INSPECT_COUNTS = REPORT + 256;
export const INSPECT_LEAST = -149;
export const INSPECT_ZEROS = INSPECT_COUNTS + 277 * 4;
export const INSPECT_INFINITE = INSPECT_ZEROS + 4;
export const INSPECT_NAN = INSPECT_ZEROS + 8;
/** Bits of the least nonzero and the greatest finite magnitude, float32: 32-bit integers. */
export const INSPECT_LOW = INSPECT_ZEROS + 12;
export const INSPECT_HIGH = INSPECT_ZEROS + 16;

// --- error statistics ----------------------------------------------------------------------------------

/** States of error statistics, ERRORS_BYTES each. The first is that of compare(). */
export const ERRORS = REPORT + 2048;
export const ERRORS_BYTES = 128;

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
/** Greatest |d|, |d| / |v| and |v|. */
export const ERRORS_ABSOLUTE = 80;
export const ERRORS_RELATIVE = 88;
export const ERRORS_LARGEST = 96;
/** The 0.5, 0.99 and 0.999 quantiles of |e|, as float32 has them: from select(). */
export const ERRORS_QUANTILES = 104;
