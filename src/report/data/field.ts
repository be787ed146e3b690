/** Who is who in a comparison: the champion, the best of what people run today, and where their results are. */
import type { TrialResult } from '../../../sim/score.ts';
import type { Comparison } from '../../../strategies/pack.ts';
import type { Contender } from '../../contenders.ts';
import type { ContestEvidence } from '../../contest-evidence.ts';

export type Score = Comparison['strategies'][number];

/** One comparison with its single results, best strategy first where it matters. */
export interface Field {
  readonly contest: ContestEvidence;
  /** The pack that loses least. */
  readonly champion: Score;
  /** Who loses least of those that people run today, doing nothing included; null when none of them took part. */
  readonly rival: Score | null;
  /** Least loss first, as the table on the command line has them. */
  readonly ranked: readonly Score[];
}

export function fieldOf(contest: ContestEvidence): Field {
  const ranked = contest.comparison.strategies.toSorted((a, b) => a.lostUserMinutes.mean - b.lostUserMinutes.mean);
  return {
    contest,
    champion: ranked.find(({ kind }) => kind === 'pack')!,
    rival: ranked.find(({ kind }) => kind === 'baseline' || kind === 'nothing') ?? null,
    ranked,
  };
}

export function contenderOf({ contest }: Field, name: string): Contender {
  return contest.contenders.find((contender) => contender.name === name)!;
}

/** One result for each test scenario, in their order. */
export function resultsOf({ contest }: Field, name: string): readonly TrialResult[] {
  return contest.results[contest.contenders.findIndex((contender) => contender.name === name)]!;
}

/** The fleet, and the tier where a report has the fleet on both. */
export function titleOf({ contest }: Field, fields: readonly Field[]): string {
  const { fleet, tier } = contest.comparison;
  const twice = fields.filter((field) => field.contest.comparison.fleet === fleet).length > 1;
  return twice ? `${fleet}, tier: ${tier}` : fleet;
}
