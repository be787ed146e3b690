/** From scores per scenario to one order of merit. Lower is better everywhere. */
import type { Genome } from '../../strategies/gene.ts';
import type { Mark, Row } from './problem.ts';
import { genomeKey } from './space.ts';

/**
 * Stands for a score that is not a finite number: worse than any real one, yet finite, so that sums, JSON and
 * comparisons stay defined.
 */
export const WORST_SCORE = 1e12;

/** The score within +-`WORST_SCORE`, or `WORST_SCORE` when it is not a finite number. */
export function finiteScore(score: number): number {
  return Number.isFinite(score) ? Math.min(WORST_SCORE, Math.max(-WORST_SCORE, score)) + 0 : WORST_SCORE;
}

/** The mark with finite numbers only. */
export function finiteMark(mark: Mark): Mark {
  return typeof mark === 'number' ? finiteScore(mark) : mark.map(finiteScore);
}

/**
 * Scores, with the excess over every limit that the row exceeds on average added: their mean is what the genome costs. For
 * paired differences, where an excess varies with its scenario; the tail is never taken over these, as `tailScore` says.
 */
export function costs(row: Row): Float64Array {
  const scores = scoresOf(row);
  for (const excess of excesses(row)) {
    if (mean(excess) > 0) for (let index = 0; index < scores.length; index++) scores[index]! += excess[index]!;
  }
  return scores;
}

/** What the row pays for its limits: the mean excess over each that it exceeds on average. */
export function priceOf(row: Row): number {
  return excesses(row).reduce((sum, excess) => sum + Math.max(0, mean(excess)), 0);
}

/** The scores alone, whatever they spent. */
function scoresOf(row: Row): Float64Array {
  return Float64Array.from(row, (mark) => (typeof mark === 'number' ? mark : mark[0]!));
}

/** One row of excesses, some of them below 0, for each limit. */
function excesses(row: Row): Float64Array[] {
  const first = row[0];
  const limits = typeof first === 'object' ? first.length - 1 : 0;
  return Array.from({ length: limits }, (_, limit) =>
    Float64Array.from(row, (mark) => (mark as readonly number[])[limit + 1]!),
  );
}

export function mean(row: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < row.length; index++) sum += row[index]!;
  return row.length === 0 ? Number.NaN : sum / row.length;
}

/** Mean of the worst tenth of the row (at least one scenario). */
export function worstTenth(row: ArrayLike<number>): number {
  const sorted = Float64Array.from(row).sort();
  return mean(sorted.subarray(sorted.length - Math.max(1, Math.ceil(sorted.length / 10))));
}

/**
 * Mean score plus `tailWeight` times the mean of its worst tenth, plus the price of the limits: what selection and races order
 * by. The tail is that of the scores alone: a limit that is just exceeded has scenarios far below it, which would lower it.
 */
export function tailScore(row: Row, tailWeight: number): number {
  const scores = scoresOf(row);
  const tail = tailWeight === 0 ? 0 : tailWeight * worstTenth(scores);
  return mean(scores) + tail + priceOf(row);
}

/** Total order: score, then genome key, so that ties fall the same way wherever they are computed. */
export function compareScored(
  a: { readonly score: number; readonly genome: Genome },
  b: { readonly score: number; readonly genome: Genome },
): number {
  if (a.score !== b.score) return a.score - b.score;
  const left = genomeKey(a.genome);
  const right = genomeKey(b.genome);
  return left < right ? -1 : left > right ? 1 : 0;
}
