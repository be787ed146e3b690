import { describe, expect, it } from 'vitest';
import { expandSeed, Stream } from '../../sim/random.ts';

describe('keyed randomness', () => {
  it('draws neighbouring streams independently: by number, entity, purpose and seed', () => {
    const stream = new Stream();
    const of = (name: string, purpose: number, entity: number, number: number): number =>
      stream.key(expandSeed(name), purpose as 1, entity, number).uniform();
    const walks: readonly ((i: number) => number)[] = [
      (i) => of('s', 9, 3, i),
      (i) => of('s', 9, i, 5000),
      (i) => of('s', i, 3, 5000),
      (i) => of(`s${i}`, 9, 3, 5000),
    ];
    for (const walk of walks) {
      const values = Array.from({ length: 2001 }, (_, i) => walk(i) - 0.5);
      const product = values.slice(1).reduce((sum, value, i) => sum + value * values[i]!, 0) / 2000;
      // Of independent uniforms the mean product has the standard deviation 1 / (12 sqrt n).
      expect(Math.abs(product)).toBeLessThan(4 / (12 * Math.sqrt(2000)));
      expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / 2001)).toBeLessThan(4 / Math.sqrt(12 * 2001));
    }
  });
});

describe('laws', () => {
  const stream = new Stream().key(expandSeed('laws'), 9, 0, 0);
  const many = (draw: () => number): number[] => Array.from({ length: 20_000 }, draw);
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each([0.2, 3, 29, 31, 400])('Poisson with mean %f has that mean and variance', (expected) => {
    const counts = many(() => stream.poisson(expected));
    const mean = meanOf(counts);
    const variance = meanOf(counts.map((count) => (count - mean) ** 2));
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(expected / counts.length));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.06 + 0.1 * Math.sqrt(1 / (expected * 10)));
    expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
  });

  it('normal, its rough twin, lognormal, exponential and integers are what they are called', () => {
    for (const draw of [() => stream.normal(), () => stream.roughNormal()]) {
      const values = many(draw);
      expect(Math.abs(meanOf(values))).toBeLessThan(0.03);
      expect(Math.abs(meanOf(values.map((value) => value * value)) - 1)).toBeLessThan(0.05);
    }
    const sizes = many(() => stream.lognormal(8, 0.5)).toSorted((a, b) => a - b);
    expect(Math.abs(sizes[10_000]! / 8 - 1)).toBeLessThan(0.02);
    expect(Math.abs(meanOf(many(() => stream.exponential(120))) / 120 - 1)).toBeLessThan(0.03);
    expect([...new Set(many(() => stream.integer(2, 5)))].sort()).toEqual([2, 3, 4, 5]);
    expect(Math.abs(meanOf(many(() => (stream.chance(0.04) ? 1 : 0))) - 0.04)).toBeLessThan(0.006);
  });
});
