/** What engines with a population share: the start, ranking a told generation, guests, and picking distinct genomes. */
import type { Genome } from '../../../strategies/gene.ts';
import { firstGeneration } from '../first-generation.ts';
import type { Row } from '../problem.ts';
import { openStream } from '../random.ts';
import { compareScored, tailScore } from '../score.ts';
import { genomeKey } from '../space.ts';
import { FIRST_HABITS } from '../variation.ts';
import type { EngineState, Member, ScoredMember, Search } from './engine.ts';

/** The first generation, asked and not yet told. */
export function startPopulation(search: Search): EngineState {
  const stream = openStream(search.seed);
  const pending = firstGeneration(search, stream);
  return { random: stream.state(), members: [], pending };
}

/** Members with their scores, best first in a total order. */
export function rank(pending: readonly Member[], rows: readonly Row[], tailWeight: number): ScoredMember[] {
  return scored(pending, rows, tailWeight).sort(compareScored);
}

/** Members with their scores, in the order asked. */
export function scored(pending: readonly Member[], rows: readonly Row[], tailWeight: number): ScoredMember[] {
  if (rows.length !== pending.length) throw new Error(`told ${rows.length} rows for ${pending.length} genomes`);
  return pending.map((member, index) => ({ ...member, score: tailScore(rows[index]!, tailWeight) }));
}

/** Repairs the children and puts guests in the places of the last; the first (the survivor) never gives way. */
export function withGuests(search: Search, bred: readonly Member[], guests: readonly Genome[]): Member[] {
  const children = bred.map((child) => ({ ...child, genome: [...search.repair(child.genome)] }));
  const present = new Set(children.map((child) => genomeKey(child.genome)));
  const arriving = guests.filter((guest) => !present.has(genomeKey(guest))).slice(0, Math.max(0, children.length - 1));
  return [
    ...children.slice(0, children.length - arriving.length),
    ...arriving.map((genome) => ({ genome: [...genome], ...FIRST_HABITS })),
  ];
}

/** The first `count` different genomes of a ranked list. */
export function distinctGenomes(members: readonly { readonly genome: Genome }[], count: number): Genome[] {
  const found = new Map<string, Genome>();
  for (const { genome } of members) {
    if (found.size >= count) break;
    const key = genomeKey(genome);
    if (!found.has(key)) found.set(key, genome);
  }
  return [...found.values()];
}
