/** Tails of response times: a gamma law given by mean and variance, by the Wilson-Hilferty cube-root normal (1931). */

/** Shape below which the cube root is no longer trusted; an exponential has 1. */
const SHAPE_MIN = 0.3;

/** P(T <= t) for a gamma law of the given mean and variance. */
export function gammaWithin(t: number, mean: number, variance: number): number {
  if (t <= 0) return 0;
  if (mean <= 0) return 1;
  const deviation = t - mean;
  if (deviation > 0 && deviation * deviation > 196 * variance) return 1;
  const shape = Math.max(SHAPE_MIN, (mean * mean) / Math.max(variance, 1e-18));
  const ninth = 1 / (9 * shape);
  return standardNormal((Math.cbrt(t / mean) - (1 - ninth)) / Math.sqrt(ninth));
}

/** Quantile of the same law for a standard normal quantile `z` (0 = median, 1.645 = p95). */
export function gammaQuantile(z: number, mean: number, variance: number): number {
  if (mean <= 0) return 0;
  const ninth = 1 / (9 * Math.max(SHAPE_MIN, (mean * mean) / Math.max(variance, 1e-18)));
  const root = Math.max(0, 1 - ninth + z * Math.sqrt(ninth));
  return mean * root * root * root;
}

/** Standard normal distribution function (Abramowitz and Stegun 26.2.17, absolute error below 1e-7). */
function standardNormal(x: number): number {
  const z = x < 0 ? -x : x;
  if (z > 8) return x < 0 ? 0 : 1;
  const t = 1 / (1 + 0.2316419 * z);
  const tail =
    0.3989422804014327 *
    Math.exp(-0.5 * z * z) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x < 0 ? tail : 1 - tail;
}
