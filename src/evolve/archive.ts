/** The elite archive: genomes with whole rows of scores on one growing list of common scenarios. */
import { z } from 'zod';
import type { Genome } from '../../strategies/gene.ts';
import type { Evaluation } from './evaluate.ts';
import { extendRows, isWorse, type Racer, standings } from './race.ts';
import { tailScore } from './score.ts';
import { genomeKey } from './space.ts';

const markSchema = z.union([z.number(), z.array(z.number()).min(1)]);
export const archiveSchema = z.strictObject({
  /** Common scenarios; every entry has been scored on all of them. */
  scenarios: z.array(z.string()),
  /** Best first. */
  entries: z.array(z.strictObject({ genome: z.array(z.number()), row: z.array(markSchema) })),
  /** Keys of challengers that lost, newest last; they are not tried again soon. */
  rejected: z.array(z.string()),
});
export type Archive = z.infer<typeof archiveSchema>;

const CAPACITY = 8;
const REJECTED_KEPT = 64;
const FIRST_SCENARIOS = 8;
const FIRST_RUNG = 2;

export function emptyArchive(): Archive {
  return { scenarios: [], entries: [], rejected: [] };
}

/** The leader's tail-aware score on the common list; NaN while the archive is empty. */
export function leaderScore(archive: Archive, tailWeight: number): number {
  const leader = archive.entries[0];
  return leader === undefined ? Number.NaN : tailScore(leader.row, tailWeight);
}

/**
 * Lets challengers race the leader in rungs of 2, 4, 8 ... scenarios of the common list. One is dropped when the paired
 * bound says that it is worse; whoever lasts joins, and the worst beyond the capacity leave. Returns the new archive.
 */
export async function challenge(
  evaluation: Evaluation,
  archive: Archive,
  challengers: readonly Genome[],
  tailWeight: number,
  fresh: (count: number) => readonly string[],
): Promise<Archive> {
  const scenarios = archive.scenarios.length === 0 ? [...fresh(FIRST_SCENARIOS)] : archive.scenarios;
  const closed = new Set([...archive.rejected, ...archive.entries.map(({ genome }) => genomeKey(genome))]);
  const leader = archive.entries[0];
  let racers: Racer[] = challengers
    .filter((genome) => !closed.has(genomeKey(genome)))
    .map((genome) => ({ genome, row: [] }));
  const rejected = [...archive.rejected];
  for (let rung = FIRST_RUNG; racers.length > 0; rung *= 2) {
    const count = Math.min(rung, scenarios.length);
    racers = await extendRows(evaluation, racers, scenarios, count);
    const lost = leader === undefined ? [] : racers.filter((racer) => isWorse(racer.row, leader.row));
    rejected.push(...lost.map(({ genome }) => genomeKey(genome)));
    racers = racers.filter((racer) => !lost.includes(racer));
    if (count === scenarios.length) break;
  }
  const ranked = standings([...archive.entries, ...racers], tailWeight);
  rejected.push(...ranked.slice(CAPACITY).map(({ genome }) => genomeKey(genome)));
  return {
    scenarios,
    entries: ranked.slice(0, CAPACITY).map(plain),
    rejected: rejected.slice(-REJECTED_KEPT),
  };
}

/** Scores all entries on `count` more scenarios, so that luck on the old ones is found out. */
export async function grow(
  evaluation: Evaluation,
  archive: Archive,
  count: number,
  tailWeight: number,
  fresh: (count: number) => readonly string[],
): Promise<Archive> {
  const scenarios = [...archive.scenarios, ...fresh(count)];
  const entries = await extendRows(evaluation, archive.entries, scenarios, scenarios.length);
  return { ...archive, scenarios, entries: standings(entries, tailWeight).map(plain) };
}

function plain({ genome, row }: Racer): Archive['entries'][number] {
  return { genome: [...genome], row: row.map((mark) => (typeof mark === 'number' ? mark : [...mark])) };
}
