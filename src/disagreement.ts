/** Where two tiers of simulation say different things about the same strategies in the same scenarios. */
import { sideOf } from '../strategies/certainty.ts';
import type { Comparison } from '../strategies/pack.ts';

export interface Disagreement {
  /** Agreement of the two orders by loss: 1 the same, 0 unrelated, -1 reversed (Kendall 1938, tau b). */
  readonly kendallTau: number;
  /** Mean over the strategies of the absolute difference in availability, and the largest. */
  readonly availabilityError: { readonly mean: number; readonly max: number };
  readonly strategies: readonly {
    readonly name: string;
    readonly availability: readonly [first: number, second: number];
    readonly lostUserMinutes: readonly [first: number, second: number];
  }[];
  /** Pairs that the second tier puts beyond doubt the other way round than the first has them: one of the tiers is wrong. */
  readonly reversed: readonly { readonly a: string; readonly b: string }[];
}

export function disagreementOf(first: Comparison, second: Comparison): Disagreement {
  const strategies = first.strategies.map((score) => {
    const other = second.strategies.find(({ name }) => name === score.name)!;
    return {
      name: score.name,
      availability: [score.availability, other.availability] as const,
      lostUserMinutes: [score.lostUserMinutes.mean, other.lostUserMinutes.mean] as const,
    };
  });
  const errors = strategies.map(({ availability: [a, b] }) => Math.abs(a - b));
  return {
    kendallTau: kendallTau(
      strategies.map(({ lostUserMinutes }) => lostUserMinutes[0]),
      strategies.map(({ lostUserMinutes }) => lostUserMinutes[1]),
    ),
    availabilityError: {
      mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
      max: Math.max(...errors),
    },
    strategies,
    reversed: second.paired
      .flatMap(({ a, b, difference: { mean, ci95 } }) => {
        const before = first.paired.find((pair) => pair.a === a && pair.b === b)!.difference.mean;
        const isCertain = sideOf(ci95, second.scenarios) !== 'undecided';
        return isCertain && before * mean < 0 ? [{ a, b }] : [];
      })
      .filter(({ a, b }, index, all) => !all.slice(0, index).some((earlier) => earlier.a === b && earlier.b === a)),
  };
}

/** Kendall's tau b: ties in either list count for neither side. */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  let agree = 0;
  let untiedA = 0;
  let untiedB = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const signA = Math.sign(a[i]! - a[j]!);
      const signB = Math.sign(b[i]! - b[j]!);
      agree += signA * signB;
      untiedA += Math.abs(signA);
      untiedB += Math.abs(signB);
    }
  }
  return untiedA === 0 || untiedB === 0 ? Number.NaN : agree / Math.sqrt(untiedA * untiedB);
}
