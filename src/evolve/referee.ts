/** The referee among the finalists: the slower, truer simulator may send back whom the fast one put in front. */
import type { Problem } from './problem.ts';
import { isWorse, type Racer } from './race.ts';
import { priceOf } from './score.ts';

/** Trials that the referee spends on each finalist. A fixed count, so that the champion depends on no clock. */
export const REFEREE_TRIALS = 8;

/**
 * The finalists in the order in which the referee leaves them, `finalists` being best first as the final race has them. The race
 * saw each on many scenarios, the referee on few but truer ones; so the race's order stands and the referee only objects:
 * whoever it finds worse than any other finalist, by the paired bound over common scenarios, falls behind all to whom it has no
 * objection. As the best hand-written genome is among the finalists, nothing that the referee finds worse than that one wins.
 * What a finalist pays for its limits was measured well in the race, and is added to what the referee measures. Scenarios are
 * the referee's own. A lone finalist is not seen: there is nothing to decide.
 */
export async function refereed(
  finalists: readonly Racer[],
  judge: NonNullable<Problem['referee']>,
  scenarios: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Racer[]> {
  if (finalists.length < 2 || scenarios.length === 0) return finalists;
  const rows = await judge(
    finalists.map(({ genome }) => ({ genome, scenarios })),
    signal,
  );
  signal?.throwIfAborted();
  const charged = finalists.map(({ row }, index) => {
    const price = priceOf(row);
    return Float64Array.from(rows[index]!, (score) => score + price);
  });
  const sentBack = charged.map((row) => charged.some((other) => isWorse(row, other)));
  return [...finalists.filter((_, index) => !sentBack[index]), ...finalists.filter((_, index) => sentBack[index])];
}
