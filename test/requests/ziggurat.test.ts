/** The ziggurat's draws follow their laws: moments, and every stretch of the axis, tails included, as often as it should be. */
import { describe, expect, it } from 'vitest';
import { expandSeed, PURPOSES, Stream } from '../../sim/random.ts';
import { drawExponential, drawNormal } from '../../sim/requests/ziggurat.ts';

const DRAWS = 2_000_000;
const BINS = 200;

const stream = (name: string): Stream => new Stream().key(expandSeed(name), PURPOSES.work, 0, 0);

/** Chi-square of the counts in equally likely bins, in standard deviations from its mean. */
function excess(draw: () => number, share: (x: number) => number): number {
  const counts = new Float64Array(BINS);
  for (let i = 0; i < DRAWS; i += 1) {
    const bin = Math.min(BINS - 1, Math.floor(share(draw()) * BINS));
    counts[bin] = counts[bin]! + 1;
  }
  const expected = DRAWS / BINS;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - (BINS - 1)) / Math.sqrt(2 * (BINS - 1));
}

/** Normal distribution function to 7e-8 (Abramowitz and Stegun 26.2.17). */
function normalShare(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x > 0 ? 1 - above : above;
}

describe('an exponential draw', () => {
  it('falls into every stretch as often as it should', () => {
    const source = stream('exponential');
    expect(
      Math.abs(
        excess(
          () => drawExponential(source, 3),
          (x) => 1 - Math.exp(-x / 3),
        ),
      ),
    ).toBeLessThan(4);
  });

  it('has the mean and the variance of its law, and a tail beyond the widest layer', () => {
    const source = stream('moments');
    let sum = 0;
    let square = 0;
    let far = 0;
    for (let i = 0; i < 4 * DRAWS; i += 1) {
      const x = drawExponential(source, 1);
      sum += x;
      square += x * x;
      if (x > 8) far += 1;
    }
    const mean = sum / (4 * DRAWS);
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(4 * DRAWS));
    expect(Math.abs(square / (4 * DRAWS) - mean * mean - 1)).toBeLessThan(0.005);
    const expected = 4 * DRAWS * Math.exp(-8);
    expect(Math.abs(far - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });
});

describe('a normal draw', () => {
  it('falls into every stretch as often as it should', () => {
    const source = stream('normal');
    expect(Math.abs(excess(() => drawNormal(source), normalShare))).toBeLessThan(4);
  });

  it('has a tail on both sides beyond the widest layer', () => {
    const source = stream('tails');
    const counts = [0, 0];
    for (let i = 0; i < 8 * DRAWS; i += 1) {
      const x = drawNormal(source);
      if (x > 3.7) counts[0]! += 1;
      if (x < -3.7) counts[1]! += 1;
    }
    // 1.0780e-4 lie beyond 3.7 on each side.
    const expected = 8 * DRAWS * 1.078e-4;
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });
});
