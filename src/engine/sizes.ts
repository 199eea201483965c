// Sizes in memory, in bytes where nothing else is said. In a file without imports, since esbuild puts only such constants in their places.

/** Pages that the module asks for, and the most it allows: 4 GiB. */
export const INITIAL_PAGES = 5;
export const MAXIMUM_PAGES = 65536;
/** Bytes of a page. */
export const PAGE = 65536;
/** Growing asks for an eighth more than needed, up to this many pages, so that few calls have to grow. */
export const MOST_HEADROOM = 256;
/** A block of plain data: it stays in the second-level cache from copying in to copying out. */
export const BLOCK = 0x40000;
/** Of all that is allocated. */
export const ALIGN = 64;
/**
 * Large arrays begin at the start of a page of 4 KiB, or 16 bytes behind it. Where the destination of a copy lies up to
 * 64 bytes behind the source, modulo pages, it can take ten times as long (measured: glibc 2.36 on AMD EPYC, 1.35
 * instead of 0.12 ns per float32). What is copied to and from arrays begins so far from that place, that neither it nor
 * what is a multiple of 256 bytes further on gets there.
 */
export const AWAY = 4096 - 128;
