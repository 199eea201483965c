/* The binary interface of halfnorm.wasm, which docs/abi.md describes. Written by npm run abi:write. */

#ifndef HALFNORM_H
#define HALFNORM_H

/* First byte that the host may allocate. */
#define HALFNORM_HEAP 262144
/* Kernels may read, never write, up to this many bytes past the end of any row they are given. */
#define HALFNORM_SLACK 64
/* Most dimensions of a walk on either side. */
#define HALFNORM_LEVELS 8

/* --- Fields of the plan: 32-bit integers --- */

/* What to do: a sum of the Task constants. */
#define HALFNORM_TASK 1024
/* Which norm: one of the Norm constants. */
#define HALFNORM_NORM 1028
/* k of the top-k norm, 1 to the number of elements of a group. */
#define HALFNORM_TOP 1032
/* How the output follows from the norm: one of the Scale constants. */
#define HALFNORM_SCALE 1036
/* Address and storage (one of the Storage constants) of the tensor. */
#define HALFNORM_INPUT 1040
#define HALFNORM_INPUT_STORAGE 1044
/* Address and storage of the result; walks the output with the same strides as the input. */
#define HALFNORM_OUTPUT 1048
#define HALFNORM_OUTPUT_STORAGE 1052
/* Addresses of float32 weights and biases, 0 for none; walked by the WEIGHT strides. */
#define HALFNORM_WEIGHT 1056
#define HALFNORM_BIAS 1060
/* Addresses of float32 statistics, one per group: read with TASK_GIVEN, otherwise written unless 0. */
#define HALFNORM_MEAN 1064
#define HALFNORM_DEVIATION 1068
/* Address of one float32 per group: g (SCALE_GAIN); of emulated SCALE_NORMALIZE, unless 0, eps in the place of EPS. */
#define HALFNORM_GAIN 1072
/* Work space of the top-k norm: TOP_SCRATCH + k * TOP_SCRATCH_PER_K bytes. See TOP_BUFFER for what is left in it. */
#define HALFNORM_SCRATCH 1076
/* LAYOUT_ROWS: a group ends in LENGTH contiguous elements. LAYOUT_COLUMNS: LENGTH groups lie side by side. */
#define HALFNORM_LAYOUT 1080
#define HALFNORM_LENGTH 1084
/* Number of levels in use of the kept and of the reduced part of the walk (LENGTH not among them). */
#define HALFNORM_KEPT_RANK 1088
#define HALFNORM_REDUCED_RANK 1092
/* Products of the counts of those levels (1 when there is none). */
#define HALFNORM_KEPT_TOTAL 1096
#define HALFNORM_REDUCED_TOTAL 1100
/* 1 when the weight has an element per contiguous element, 0 when it stays. */
#define HALFNORM_WEIGHT_STEP 1104
/* Order of emulated sums: their accumulators, a power of two up to MOST_LANES (an Order constant), or ORDER_PAIRWISE. */
#define HALFNORM_ORDER 1108
/* 1 when emulated sums are exact and rounded once. */
#define HALFNORM_EXACT 1112
/* How an emulated output follows from the statistics: one of the Tail constants. */
#define HALFNORM_TAIL 1116

/* --- Fields of the plan: 64-bit floats --- */

/* Elements of a group. */
#define HALFNORM_COUNT 1120
/* Added to the variance under the root (L2), to the mean of the powers (Lp) or to the deviation (all others). */
#define HALFNORM_EPS 1128
/* The factor from the raw statistic to the deviation: C1, 1, C(n), 0.35 C(n), c_p. */
#define HALFNORM_CONSTANT 1136
/* p of the Lp norm. */
#define HALFNORM_POWER 1144

/* --- Fields of the plan: levels, outermost first, LEVELS 32-bit integers each --- */

/* Lengths, strides in the tensor and strides in the weight, of the kept levels and of the reduced ones. */
#define HALFNORM_KEPT_COUNT 1152
#define HALFNORM_KEPT_STRIDE 1184
#define HALFNORM_KEPT_WEIGHT 1216
#define HALFNORM_REDUCED_COUNT 1248
#define HALFNORM_REDUCED_STRIDE 1280
#define HALFNORM_REDUCED_WEIGHT 1312

/* --- Fields of the plan that only gradients have: 32-bit integers --- */

/* Address and storage of the upstream gradient dy; the walk is that of the input. The output is dx. */
#define HALFNORM_GRADIENT 1344
#define HALFNORM_GRADIENT_STORAGE 1348
/* Addresses of float64 sums of dy y and of dy for every element of the weight, which native kernels add to. */
#define HALFNORM_WEIGHT_SUMS 1352
#define HALFNORM_BIAS_SUMS 1356
/* Elements of each of them, and the address of work space with two float32 for each, zero between calls. */
#define HALFNORM_PARAMETERS 1360
#define HALFNORM_PARAMETER_WORK 1364
/* Address of the list of selected elements, SELECTED_BYTES each, and the groups of a panel that it has room for. */
#define HALFNORM_SELECTED 1368
#define HALFNORM_SELECTED_GROUPS 1372
/* Address of float32 products dy y, of the shape of the input, which the emulated kernel writes. */
#define HALFNORM_TERMS 1376

/* --- The last field of every plan: a 32-bit integer --- */

/* 1 when sums are divided by COUNT rounded to the compute format, which may be infinity or NaN. */
#define HALFNORM_COUNTED 1380
/* First byte after the plan. */
#define HALFNORM_PLAN_END 1384

/* --- Values of the fields --- */

/* Subtract the mean of the group (and write it to MEAN). */
#define HALFNORM_TASK_CENTRE 1
/* Take the mean and the deviation from MEAN and DEVIATION instead of computing them. */
#define HALFNORM_TASK_GIVEN 2
/* Compute the norm (and write it to DEVIATION). */
#define HALFNORM_TASK_NORM 4
/* Write the output. */
#define HALFNORM_TASK_APPLY 8
/* The norm of a vector (sum |x|, root of the sum of squares) instead of a mean over its elements. */
#define HALFNORM_TASK_TOTAL 16
/* With native rows: write the raw float64 sum (NORM_NONE), sum |d|, sum d² or max |d| of each group to DEVIATION. Of the last panel, in rows or columns, the accumulators stay what they are, to be read: see RAW_SUM. */
#define HALFNORM_TASK_RAW 32
/* In gradients: MEAN and DEVIATION are those of the input, computed before. */
#define HALFNORM_TASK_SAVED 64
/* In emulated arithmetic: elements are float32 that the compute format has, and are taken where they are. In contiguous rows of a multiple of ROUNDED_STEP elements, up to ROUNDED_MOST, without weights and biases; their sums are neither sequential nor exact. */
#define HALFNORM_TASK_ROUNDED 128
#define HALFNORM_ROUNDED_STEP 32
#define HALFNORM_ROUNDED_MOST 4096
/* No norm: means, and centring alone. The mean of |d|, d², the largest |d|, the range, of the k largest |d|, of |d|^p. */
#define HALFNORM_NORM_NONE 0
#define HALFNORM_NORM_L1 1
#define HALFNORM_NORM_L2 2
#define HALFNORM_NORM_LINF 3
#define HALFNORM_NORM_RANGE 4
#define HALFNORM_NORM_TOP 5
#define HALFNORM_NORM_POWER 6
/* y = (x - mean) * (1 / S) * weight + bias, S from the deviation and eps. */
#define HALFNORM_SCALE_NORMALIZE 0
/* y = x * (gain / norm). */
#define HALFNORM_SCALE_GAIN 1
/* y = x / norm; a group whose norm is 0 stays as it is. */
#define HALFNORM_SCALE_DIVIDE 2
#define HALFNORM_STORAGE_FLOAT32 0
#define HALFNORM_STORAGE_FLOAT16 1
#define HALFNORM_LAYOUT_ROWS 0
#define HALFNORM_LAYOUT_COLUMNS 1
#define HALFNORM_ORDER_PAIRWISE 0
#define HALFNORM_ORDER_SEQUENTIAL 1
#define HALFNORM_ORDER_LANES 32
/* Most accumulators of an emulated sum. */
#define HALFNORM_MOST_LANES 1024
/* Slots of the formats of an emulated computation: of x and y, of sums, and of everything up to 1 / S. */
#define HALFNORM_FORMAT_COMPUTE 0
#define HALFNORM_FORMAT_ACCUMULATE 1
#define HALFNORM_FORMAT_STATISTICS 2
/* The statistics are in the compute format, and the distances that they were taken of go on to the output. */
#define HALFNORM_TAIL_SAME 0
/* The mean and 1 / S are rounded to the compute format: x - mean, · 1 / S, · weight, + bias. */
#define HALFNORM_TAIL_STEPS 1
/* x · a + b. */
#define HALFNORM_TAIL_FOLDED 2
#define HALFNORM_OVERFLOW_INFINITY 0
#define HALFNORM_OVERFLOW_NAN 1
#define HALFNORM_OVERFLOW_SATURATE 2
#define HALFNORM_MODE_NEAREST_EVEN 0
#define HALFNORM_MODE_TOWARD_ZERO 1
#define HALFNORM_MODE_UP 2
#define HALFNORM_MODE_DOWN 3
#define HALFNORM_MODE_ODD 4
#define HALFNORM_MODE_STOCHASTIC 5
/* Most groups that the native kernels keep accumulators for: a panel, of columns or of rows that are walked together. */
#define HALFNORM_PANEL 1024
/* Accumulators of the groups of a panel: a float64 each (a sum, or whatever TASK_RAW writes), the greatest and the least element of the range norm as `ordered` integers, and the float32 that Lp distances were multiplied by. assembly/memory.ts has them in the row of all regions, and does not compile with other addresses. */
#define HALFNORM_RAW_SUM 98304
#define HALFNORM_RAW_HIGH 123072
#define HALFNORM_RAW_LOW 127232
#define HALFNORM_RAW_SCALE 139712
/* Work space of one of the groups that the top-k norm takes four of at a time: bytes per element of k, and for any k. The k largest magnitudes are left at its start, in no order. */
#define HALFNORM_TOP_BUFFER_PER_K 8
#define HALFNORM_TOP_BUFFER 448
/* Bytes of an entry of the list at SELECTED. */
#define HALFNORM_SELECTED_BYTES 16
/* SCRATCH of the top-k norm: bytes per element of k, and for any k. */
#define HALFNORM_TOP_SCRATCH_PER_K 64
#define HALFNORM_TOP_SCRATCH 131072

/* Above the static memory of the other kernels, which keep their plan and tiles meanwhile (assembly/memory.ts compares). */
#define HALFNORM_REPORT 163840

/* --- What the data is: inspect() --- */

/* Counts of floor(log2 |x|) from INSPECT_LEAST to 127, of zeros, infinities and NaN: 32-bit integers. */
#define HALFNORM_INSPECT_COUNTS 163840
#define HALFNORM_INSPECT_LEAST (-149)
#define HALFNORM_INSPECT_ZEROS 164948
#define HALFNORM_INSPECT_INFINITE 164952
#define HALFNORM_INSPECT_NAN 164956
/* Bits of the least nonzero and the greatest finite magnitude, float32: 32-bit integers. */
#define HALFNORM_INSPECT_LOW 164960
#define HALFNORM_INSPECT_HIGH 164964

/* --- Error statistics --- */

/* States of error statistics, ERRORS_BYTES each: `own` and `total` of each stage. The first is also that of compare(). */
#define HALFNORM_ERRORS 165888
#define HALFNORM_ERRORS_BYTES 128
#define HALFNORM_OWN 0
#define HALFNORM_TOTAL 1

/* --- Offsets in a state --- */

/* Pairs that are neither special nor agree as specials, and pairs where just one is special. */
#define HALFNORM_ERRORS_ORDINARY 0
#define HALFNORM_ERRORS_MISMATCHED 8
/* The signed error of greatest size in ulp and its index, -1 for none. */
#define HALFNORM_ERRORS_WORST 16
#define HALFNORM_ERRORS_INDEX 24
/* Sums over pairs of c, v, d = c - v and e = d / ulp. */
#define HALFNORM_ERRORS_E 32
#define HALFNORM_ERRORS_EE 40
#define HALFNORM_ERRORS_VV 48
#define HALFNORM_ERRORS_DD 56
#define HALFNORM_ERRORS_CV 64
#define HALFNORM_ERRORS_CC 72
/* Greatest |d|, |d| / |v| and, special pairs included, finite |v|. */
#define HALFNORM_ERRORS_ABSOLUTE 80
#define HALFNORM_ERRORS_RELATIVE 88
#define HALFNORM_ERRORS_LARGEST 96
/* The 0.5, 0.99 and 0.999 quantiles of |e|, as float32 has them: from select(). */
#define HALFNORM_ERRORS_QUANTILES 104

/* --- Stages --- */

#define HALFNORM_INPUT_STAGE 0
#define HALFNORM_MEAN_STAGE 1
#define HALFNORM_CENTRE_STAGE 2
#define HALFNORM_TERM_STAGE 3
#define HALFNORM_SUM_STAGE 4
#define HALFNORM_DEVIATION_STAGE 5
#define HALFNORM_RECIPROCAL_STAGE 6
/* Of statistics in a format of their own: the mean, and 1 / S, rounded to the compute format. */
#define HALFNORM_MEAN_ROUNDED_STAGE 7
#define HALFNORM_RECIPROCAL_ROUNDED_STAGE 8
/* Of outputs as x · a + b: a and b, one for each group where all of its elements have the same weight. */
#define HALFNORM_SLOPE_STAGE 9
#define HALFNORM_SHIFT_STAGE 10
#define HALFNORM_OUTPUT_STAGE 11
#define HALFNORM_STAGE_COUNT 12

/* --- Events: for each stage, one entry for each kind --- */

#define HALFNORM_OVERFLOW_EVENT 0
#define HALFNORM_UNDERFLOW_EVENT 1
#define HALFNORM_SUBNORMAL_EVENT 2
#define HALFNORM_STAGNATION_EVENT 3
#define HALFNORM_INVALID_EVENT 4
#define HALFNORM_EVENT_KINDS 5
/* Counts. */
#define HALFNORM_EVENT_COUNTS 168960
/* Group and position of the first, 32-bit integers; group -1 for none, position -1 where there is no element. */
#define HALFNORM_EVENT_GROUPS 169440
#define HALFNORM_EVENT_ELEMENTS 169680

/* --- What trace() is given: 32-bit integers --- */

/* RECORD_BYTES of work space for each group, which judge() reads as well. */
#define HALFNORM_RECORDS 169920
#define HALFNORM_RECORD_BYTES 40
/* What judge() knows that is exact: nothing, the means of the records, mean and scale of each group, or, beside these, the outputs at EXACT_VALUES. By another norm than that of the records, outputs are multiples of these, by the ratio of the scales, where there are no weights and biases. */
#define HALFNORM_KNOWN_NOTHING 0
#define HALFNORM_KNOWN_MEANS 1
#define HALFNORM_KNOWN_SCALES 2
#define HALFNORM_KNOWN_VALUES 3
#define HALFNORM_KNOWN_MULTIPLES 4
/* Where the condition number of each group's mean goes, 64-bit floats. */
#define HALFNORM_CONDITIONS 169924
/* Where |e| go, float32: those of the groups, twelve arrays of them. */
#define HALFNORM_GROUP_ERRORS 169928
/* Work space for the selection of the k largest distances, of four groups at a time: 32 (k + max(k, 64)) bytes. */
#define HALFNORM_LARGEST_SPACE 169932
/* Where |e| of elements go, float32 in the order of the tensor: an address for each stage and kind, as there are states. */
#define HALFNORM_ELEMENT_ERRORS 169936
/* Where sweep() of the output and judge() keep exact outputs, 64-bit floats, tile after tile, each behind a head that tells what is known of its outputs; 0 for nowhere. They leave the address behind the last tile here. There is room for a head for each group and one for every 128 elements, but for no more than one for every four. */
#define HALFNORM_EXACT_VALUES 170032
#define HALFNORM_EXACT_HEAD_BYTES 32
/* In a head, 64-bit floats: Σv², the largest and the least |v|, and their sum, rounded once. */
#define HALFNORM_EXACT_SQUARES 0
#define HALFNORM_EXACT_LARGEST 8
#define HALFNORM_EXACT_LEAST 16
#define HALFNORM_EXACT_SIZES 24
/* Where sweep() of the output puts what was computed, float32 in the order of the tensor; 0 for nowhere. */
#define HALFNORM_OUTPUTS 170036

/* --- What it finds --- */

/* Greatest finite |sum| of the elements of a group, for the mean. */
#define HALFNORM_LARGEST_SUM 170040
/* Groups where an infinity was divided by, and nothing shows it. */
#define HALFNORM_ABSORBED 170048
/* Parts of the total error of a group: what came in, what the additions and the quotient did, and their sum. */
#define HALFNORM_PART_BEFORE 170056
#define HALFNORM_PART_ADDITIONS 170064
#define HALFNORM_PART_FINAL 170072
#define HALFNORM_PART_TOTAL 170080
/* First byte after the report. */
#define HALFNORM_REPORT_END 170088

#endif
