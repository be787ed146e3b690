/** The normal distribution: the tail beyond a value, and its inverse. */

/**
 * Chance of a standard normal number beyond `z`, by the Chebyshev fit of erfc in Press et al., Numerical Recipes (2nd ed., 6.2);
 * fractional error below 1.2e-7 everywhere.
 */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const fit = terms.reduceRight((sum, term) => sum * t + term, 0);
  const tail = (t * Math.exp(-x * x + fit)) / 2;
  return z >= 0 ? tail : 1 - tail;
}

/** The value with the chance `p` (0 < p < 1) below it, by bisection: slow, and as exact as the tail. */
export function normalQuantile(p: number): number {
  let [low, high] = [-40, 40];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalTail(-middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
