/**
 * The memory map that both sides share: TypeScript writes a plan, the kernels read it.
 *
 * One linear memory. Everything below HEAP is static and belongs to the kernels; above it are the
 * resident tensors and the arena of the call that is running. Addresses and offsets are in bytes,
 * strides and lengths in elements.
 *
 *      0          1 KiB       2 KiB        ...            HEAP
 *      | never    | plan      | tiles, accumulators,      | tensors, arena ...
 *      | used     |           | format constants          |
 */

/** Where the plan stands. */
const PLAN = 1024;
/** First byte that the host may allocate. */
export const HEAP = 262144;
/** Kernels may read, never write, up to this many bytes past the end of any row they are given. */
export const SLACK = 64;
/** Most dimensions of a walk on either side. */
export const LEVELS = 8;

// --- fields of the plan: 32-bit integers ---------------------------------------------------------

/** What to do: a sum of the Task constants. */
export const TASK = PLAN;
/** Which norm: one of the Norm constants. */
export const NORM = PLAN + 4;
/** k of the top-k norm, 1 to the number of elements of a group. */
export const TOP = PLAN + 8;
/** How the output follows from the norm: one of the Scale constants. */
export const SCALE = PLAN + 12;
/** Address and storage (one of the Storage constants) of the tensor. */
export const INPUT = PLAN + 16;
export const INPUT_STORAGE = PLAN + 20;
/** Address and storage of the result; walks the output with the same strides as the input. */
export const OUTPUT = PLAN + 24;
export const OUTPUT_STORAGE = PLAN + 28;
/** Addresses of float32 weights and biases, 0 for none; walked by the WEIGHT strides. */
export const WEIGHT = PLAN + 32;
export const BIAS = PLAN + 36;
/** Addresses of float32 statistics, one per group: read with TASK_GIVEN, otherwise written unless 0. */
export const MEAN = PLAN + 40;
export const DEVIATION = PLAN + 44;
/** Address of one float32 per group: g (SCALE_GAIN); of emulated SCALE_NORMALIZE, unless 0, eps in the place of EPS. */
export const GAIN = PLAN + 48;
/** Work space of the top-k norm: TOP_SCRATCH + k * TOP_SCRATCH_PER_K bytes. See TOP_BUFFER for what is left in it. */
export const SCRATCH = PLAN + 52;
/** LAYOUT_ROWS: a group ends in LENGTH contiguous elements. LAYOUT_COLUMNS: LENGTH groups lie side by side. */
export const LAYOUT = PLAN + 56;
export const LENGTH = PLAN + 60;
/** Number of levels in use of the kept and of the reduced part of the walk (LENGTH not among them). */
export const KEPT_RANK = PLAN + 64;
export const REDUCED_RANK = PLAN + 68;
/** Products of the counts of those levels (1 when there is none). */
export const KEPT_TOTAL = PLAN + 72;
export const REDUCED_TOTAL = PLAN + 76;
/** 1 when the weight has an element per contiguous element, 0 when it stays. */
export const WEIGHT_STEP = PLAN + 80;
/** Order of emulated sums: their accumulators, a power of two up to MOST_LANES (an Order constant), or ORDER_PAIRWISE. */
export const ORDER = PLAN + 84;
/** 1 when emulated sums are exact and rounded once. */
export const EXACT = PLAN + 88;
/** How an emulated output follows from the statistics: one of the Tail constants. */
export const TAIL = PLAN + 92;

// --- fields of the plan: 64-bit floats ------------------------------------------------------------

/** Elements of a group. */
export const COUNT = PLAN + 96;
/** Added to the variance under the root (L2), to the mean of the powers (Lp) or to the deviation (all others). */
export const EPS = PLAN + 104;
/** The factor from the raw statistic to the deviation: C1, 1, C(n), 0.35 C(n), c_p. */
export const CONSTANT = PLAN + 112;
/** p of the Lp norm. */
export const POWER = PLAN + 120;

// --- fields of the plan: levels, outermost first, LEVELS 32-bit integers each ----------------------

/** Lengths, strides in the tensor and strides in the weight, of the kept levels and of the reduced ones. */
export const KEPT_COUNT = PLAN + 128;
export const KEPT_STRIDE = PLAN + 160;
export const KEPT_WEIGHT = PLAN + 192;
export const REDUCED_COUNT = PLAN + 224;
export const REDUCED_STRIDE = PLAN + 256;
export const REDUCED_WEIGHT = PLAN + 288;

// --- fields of the plan that only gradients have: 32-bit integers -----------------------------------

/** Address and storage of the upstream gradient dy; the walk is that of the input. The output is dx. */
export const GRADIENT = PLAN + 320;
export const GRADIENT_STORAGE = PLAN + 324;
/** Addresses of float64 sums of dy y and of dy for every element of the weight, which native kernels add to. */
export const WEIGHT_SUMS = PLAN + 328;
export const BIAS_SUMS = PLAN + 332;
/** Elements of each of them, and the address of work space with two float32 for each, zero between calls. */
export const PARAMETERS = PLAN + 336;
export const PARAMETER_WORK = PLAN + 340;
/** Address of the list of selected elements, SELECTED_BYTES each, and the groups of a panel that it has room for. */
export const SELECTED = PLAN + 344;
export const SELECTED_GROUPS = PLAN + 348;
/** Address of float32 products dy y, of the shape of the input, which the emulated kernel writes. */
export const TERMS = PLAN + 352;

// --- the last field of every plan: a 32-bit integer --------------------------------------------------

/** 1 when sums are divided by COUNT rounded to the compute format, which may be infinity or NaN. */
export const COUNTED = PLAN + 356;
/** First byte after the plan. */
export const PLAN_END = PLAN + 360;

// --- values of the fields ---------------------------------------------------------------------------

/** Subtract the mean of the group (and write it to MEAN). */
export const TASK_CENTRE = 1;
/** Take the mean and the deviation from MEAN and DEVIATION instead of computing them. */
export const TASK_GIVEN = 2;
/** Compute the norm (and write it to DEVIATION). */
export const TASK_NORM = 4;
/** Write the output. */
export const TASK_APPLY = 8;
/** The norm of a vector (sum |x|, root of the sum of squares) instead of a mean over its elements. */
export const TASK_TOTAL = 16;

/**
 * With native rows: write the raw float64 sum (NORM_NONE), sum |d|, sum d² or max |d| of each group to DEVIATION. Of the
 * last panel, in rows or columns, the accumulators stay what they are, to be read: see RAW_SUM.
 */
export const TASK_RAW = 32;

/** In gradients: MEAN and DEVIATION are those of the input, computed before. */
export const TASK_SAVED = 64;
/**
 * In emulated arithmetic: elements are float32 that the compute format has, and are taken where they are. In contiguous rows of a
 * multiple of ROUNDED_STEP elements, up to ROUNDED_MOST, without weights and biases; their sums are neither sequential nor exact.
 */
export const TASK_ROUNDED = 128;
export const ROUNDED_STEP = 32;
export const ROUNDED_MOST = 4096;

/** No norm: means, and centring alone. The mean of |d|, d², the largest |d|, the range, of the k largest |d|, of |d|^p. */
export const NORM_NONE = 0;
export const NORM_L1 = 1;
export const NORM_L2 = 2;
export const NORM_LINF = 3;
export const NORM_RANGE = 4;
export const NORM_TOP = 5;
export const NORM_POWER = 6;

/** y = (x - mean) * (1 / S) * weight + bias, S from the deviation and eps. */
export const SCALE_NORMALIZE = 0;
/** y = x * (gain / norm). */
export const SCALE_GAIN = 1;
/** y = x / norm; a group whose norm is 0 stays as it is. */
export const SCALE_DIVIDE = 2;

export const STORAGE_FLOAT32 = 0;
export const STORAGE_FLOAT16 = 1;

export const LAYOUT_ROWS = 0;
export const LAYOUT_COLUMNS = 1;

export const ORDER_PAIRWISE = 0;
export const ORDER_SEQUENTIAL = 1;
export const ORDER_LANES = 32;

/** Most accumulators of an emulated sum. */
export const MOST_LANES = 1024;

/** Slots of the formats of an emulated computation: of x and y, of sums, and of everything up to 1 / S. */
export const FORMAT_COMPUTE = 0;
export const FORMAT_ACCUMULATE = 1;
export const FORMAT_STATISTICS = 2;

/** The statistics are in the compute format, and the distances that they were taken of go on to the output. */
export const TAIL_SAME = 0;
/** The mean and 1 / S are rounded to the compute format: x - mean, · 1 / S, · weight, + bias. */
export const TAIL_STEPS = 1;
/** x · a + b. */
export const TAIL_FOLDED = 2;

export const OVERFLOW_INFINITY = 0;
export const OVERFLOW_NAN = 1;
export const OVERFLOW_SATURATE = 2;

export const MODE_NEAREST_EVEN = 0;
export const MODE_TOWARD_ZERO = 1;
export const MODE_UP = 2;
export const MODE_DOWN = 3;
export const MODE_ODD = 4;
export const MODE_STOCHASTIC = 5;

/** Most groups that the native kernels keep accumulators for: a panel, of columns or of rows that are walked together. */
export const PANEL = 1024;
/**
 * Accumulators of the groups of a panel: a float64 each (a sum, or whatever TASK_RAW writes), the greatest and the least
 * element of the range norm as `ordered` integers, and the float32 that Lp distances were multiplied by. assembly/memory.ts
 * has them in the row of all regions, and does not compile with other addresses.
 */
export const RAW_SUM = 98304;
export const RAW_HIGH = 123072;
export const RAW_LOW = 127232;
export const RAW_SCALE = 139712;

/**
 * Work space of one of the groups that the top-k norm takes four of at a time: bytes per element of k, and for any k.
 * The k largest magnitudes are left at its start, in no order.
 */
export const TOP_BUFFER_PER_K = 8;
export const TOP_BUFFER = 448;
/** Bytes of an entry of the list at SELECTED. */
export const SELECTED_BYTES = 16;

/** SCRATCH of the top-k norm: bytes per element of k, and for any k. */
export const TOP_SCRATCH_PER_K = 64;
export const TOP_SCRATCH = 131072;
