// Numbers that hold for all norms. In a file without imports, since esbuild puts only such constants in their places.

/** The most that k can be, as it is in the plan. */
export const MOST_TOP = 0x7fffffff;
/** In place of the elements of a group, where they are not known or do not matter: k is not bounded. */
export const UNBOUNDED = 0x20000000000000;

/** Of every layer. */
export const DEFAULT_EPS = 1e-5;

/** √(π/2): E|z| of a standard normal z is its inverse, the mean of the half-normal distribution. */
export const C1 = 1.2533141373155003;

/** The least normal number of float32. */
export const MIN_NORMAL = 1.1754943508222875e-38; // 2^-126
