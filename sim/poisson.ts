/**
 * Poisson counts from a uniform draw, by inversion. The plain way sums up probabilities, one division each; most draws fall so clearly
 * within a step of the distribution function that a table of it nearby decides them. Both ways give the same count.
 */

/** Means from here on are not tabulated. */
export const MEAN_MAX = 30;
/** One row of the table for so small a difference of means ... */
const ROWS_PER_UNIT = 32;
/** ... of so many counts; what lies beyond has a chance of one in a hundred million. */
const COUNTS = 64;
/**
 * A draw this close to a step is left to the plain way. Between rows the function is followed along its tangent, which misses by at
 * most half the square of the distance, 1 / 64: 1.3e-4.
 */
const MARGIN = 3e-4;
/** Where the search begins: one entry for each sixteenth of a draw. */
const PARTS = 16;
/** Farthest that a step lies from the same step in the nearest row, and the margin. */
const REACH = 0.02;

const ROWS = MEAN_MAX * ROWS_PER_UNIT + 1;
/** Distribution function at each row's mean, filled in at the first use of the row. */
const reached = new Float64Array(ROWS * COUNTS);
const begins = new Uint8Array(ROWS * PARTS);

/** The count for a draw on (0, 1) and a mean above 0 and up to `MEAN_MAX`. */
export function poissonCount(draw: number, mean: number): number {
  const row = (mean * ROWS_PER_UNIT + 0.5) | 0;
  const base = row * COUNTS;
  if (reached[base] === 0) fill(row);
  const off = mean - row / ROWS_PER_UNIT;
  for (let count = begins[row * PARTS + ((draw * PARTS) | 0)]!; count < COUNTS; count += 1) {
    const here = reached[base + count]!;
    const before = count === 0 ? 0 : reached[base + count - 1]!;
    // The function falls with the mean by the probability of the count.
    const clear = draw - (here - off * (here - before));
    if (clear > MARGIN) continue;
    if (clear < -MARGIN) return count;
    break;
  }
  return countUp(draw, mean);
}

/** The plain way. */
function countUp(draw: number, mean: number): number {
  let remaining = draw;
  let probability = Math.exp(-mean);
  let count = 0;
  while (remaining > probability && count < 200) {
    remaining -= probability;
    count += 1;
    probability *= mean / count;
  }
  return count;
}

function fill(row: number): void {
  const mean = row / ROWS_PER_UNIT;
  let probability = Math.exp(-mean);
  let sum = 0;
  for (let count = 0; count < COUNTS; count += 1) {
    sum += probability;
    reached[row * COUNTS + count] = sum;
    probability *= mean / (count + 1);
  }
  let count = 0;
  for (let part = 0; part < PARTS; part += 1) {
    while (reached[row * COUNTS + count]! + REACH < part / PARTS) count += 1;
    begins[row * PARTS + part] = count;
  }
}
