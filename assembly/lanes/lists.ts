// Lists of numbers, one for each group of a panel or a bundle, or for each element: where number j is.

/** Of four bytes each. */
export function at32(list: usize, j: i32): usize {
  return list + ((<usize>j) << 2);
}

/** Of eight. */
export function at64(list: usize, j: i32): usize {
  return list + ((<usize>j) << 3);
}

/** Adds to a float64. */
export function addTo(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}
