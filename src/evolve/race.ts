/** Racing: paired comparison on common scenarios, in rungs, so that losers cost little and winners are measured well. */
import type { Genome } from '../../strategies/gene.ts';
import type { Evaluation } from './evaluate.ts';
import type { Mark, Row } from './problem.ts';
import { compareScored, costs, tailScore } from './score.ts';
import { genomeKey } from './space.ts';

/** A genome and its marks on the first `row.length` scenarios of a common list. */
export interface Racer {
  readonly genome: Genome;
  readonly row: readonly Mark[];
}

/** How far ahead of the best hand-written genome a bred one must be to take its place, in standard errors of the paired gap. */
const AHEAD_BY = 1;
/** One-sided 95 % quantile of the normal distribution; widened for few scenarios about as Student's t is. */
const WORSE_BY = 1.645;

/** Mean and standard error of `a - b` over the scenarios both have been scored on. */
export function pairedGap(a: ArrayLike<number>, b: ArrayLike<number>): { mean: number; standardError: number } {
  const count = Math.min(a.length, b.length);
  let sum = 0;
  for (let index = 0; index < count; index++) sum += a[index]! - b[index]!;
  const average = sum / count;
  let squares = 0;
  for (let index = 0; index < count; index++) squares += (a[index]! - b[index]! - average) ** 2;
  return {
    mean: average,
    standardError: count > 1 ? Math.sqrt(squares / (count - 1) / count) : Number.POSITIVE_INFINITY,
  };
}

/**
 * Whether the paired bound says that `a` costs more than `b` on the scenarios that both have been scored on: what either did on
 * further ones decides nothing, not even which limits it exceeds.
 */
export function isWorse(a: Row, b: Row): boolean {
  const gap = costGap(a, b);
  const degrees = Math.min(a.length, b.length) - 1;
  return gap.mean > 0 && gap.mean > WORSE_BY * (1 + 2 / degrees) * gap.standardError;
}

function costGap(a: Row, b: Row): ReturnType<typeof pairedGap> {
  const count = Math.min(a.length, b.length);
  return pairedGap(costs(firstMarks(a, count)), costs(firstMarks(b, count)));
}

function firstMarks(row: Row, count: number): Row {
  return Array.prototype.slice.call(row, 0, count) as readonly Mark[];
}

/** Scores every racer on the scenarios it has not met among the first `count`. */
export async function extendRows(
  evaluation: Evaluation,
  racers: readonly Racer[],
  scenarios: readonly string[],
  count: number,
): Promise<Racer[]> {
  const rows = await evaluation.run(
    racers.map(({ genome, row }) => ({ genome, scenarios: scenarios.slice(row.length, count) })),
  );
  return racers.map(({ genome, row }, index) => ({ genome, row: [...row, ...rows[index]!] }));
}

/** Racers best first by tail-aware score; only meaningful when their rows are equally long. */
export function standings(racers: readonly Racer[], tailWeight: number): Racer[] {
  return racers
    .map((racer) => ({ ...racer, score: tailScore(racer.row, tailWeight) }))
    .sort(compareScored)
    .map(({ genome, row }) => ({ genome, row }));
}

export interface FinalRace {
  readonly candidates: readonly Genome[];
  /** These stay until they are shown to be worse than the best of them, and only who is clearly ahead of that one wins. They are candidates too. */
  readonly protected: readonly Genome[];
  /** Trials to spend, roughly; more where rows would otherwise be shorter than `ENOUGH_SCENARIOS`. */
  readonly trials: number;
  readonly tailWeight: number;
  /** The first `count` scenarios of a list that was never used before in this run. */
  readonly scenarios: (count: number) => readonly string[];
  /** Told after each rung, and after fresh scenarios have decided, who raced in it, best first. */
  readonly onRung?: (racers: readonly Racer[]) => void;
}

/** Fewest scenarios of the first rung. */
const FIRST_RUNG_MIN = 4;
/** Rows at which a race that has spent its trials ends: whom so many do not tell apart are about as good. */
const ENOUGH_SCENARIOS = 64;
/** Fresh scenarios on which a leader must prove itself: for half of what the race cost so far, within these bounds. */
const FRESH_MIN = 16;
const FRESH_MAX = 128;

/**
 * Successive halving: every rung doubles the scenarios and keeps the better half, less whoever the paired bound calls worse
 * than the leader. Returns those that reached the last rung, best first; rows are equally long, but for those of the leader and of
 * the best protected one. The best of many is partly the luckiest, and what it loses in a rare bad hour does not show in a short row: a
 * leader that is not clearly ahead of the best protected one on scenarios that it was not chosen by comes after it.
 */
export async function finalRace(evaluation: Evaluation, race: FinalRace): Promise<readonly Racer[]> {
  const distinct = new Map([...race.protected, ...race.candidates].map((genome) => [genomeKey(genome), genome]));
  const safe = new Set(race.protected.map(genomeKey));
  let racers: Racer[] = [...distinct.values()].map((genome) => ({ genome, row: [] }));
  let rung = firstRung(racers.length, race.trials);
  let spent = 0;
  for (;;) {
    spent += racers.length * (rung - racers[0]!.row.length);
    racers = standings(await extendRows(evaluation, racers, race.scenarios(rung), rung), race.tailWeight);
    const leader = racers[0]!;
    race.onRung?.(racers);
    const isSafe = ({ genome }: Racer): boolean => safe.has(genomeKey(genome));
    const guarded = racers.find(isSafe);
    const half = Math.ceil(racers.length / 2);
    const kept = racers.filter((racer, place) =>
      guarded !== undefined && isSafe(racer)
        ? !isWorse(racer.row, guarded.row)
        : place < half && !isWorse(racer.row, leader.row),
    );
    const isOver = kept.length === racers.length || kept.every((racer) => racer === leader || isSafe(racer));
    if (isOver || (rung >= ENOUGH_SCENARIOS && spent + kept.length * rung > race.trials)) {
      if (guarded === undefined || guarded === leader) return kept;
      const fresh = Math.min(FRESH_MAX, Math.max(FRESH_MIN, Math.floor(spent / 4)));
      return duel(evaluation, race, kept, leader, guarded, rung + fresh);
    }
    racers = kept;
    rung *= 2;
  }
}

/** Puts the best protected one in front unless the leader is clearly ahead on the further scenarios, up to `count`. */
async function duel(
  evaluation: Evaluation,
  race: FinalRace,
  kept: readonly Racer[],
  leader: Racer,
  guarded: Racer,
  count: number,
): Promise<readonly Racer[]> {
  const known = leader.row.length;
  const [ahead, safe] = await extendRows(evaluation, [leader, guarded], race.scenarios(count), count);
  const others = kept.filter((racer) => racer !== leader && racer !== guarded);
  const isProven = isClearlyAhead(ahead!.row.slice(known), safe!.row.slice(known));
  const order = isProven ? [ahead!, safe!] : [safe!, ahead!];
  race.onRung?.(order);
  return [...order, ...others];
}

/** Whether `a` costs less than `b` by more than chance often makes of nothing. */
function isClearlyAhead(a: Row, b: Row): boolean {
  const gap = costGap(a, b);
  return gap.mean < -AHEAD_BY * gap.standardError;
}

/** First rung with which the whole race costs about `trials` if each later rung costs half of the first. */
function firstRung(racers: number, trials: number): number {
  const rungs = Math.ceil(Math.log2(Math.max(2, racers)));
  return Math.max(FIRST_RUNG_MIN, Math.floor(trials / (racers * (1 + rungs / 2))));
}
