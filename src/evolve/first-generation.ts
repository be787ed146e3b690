/** Generation 0: the hand-written genomes, relatives of them at graded distances, and some strangers. */
import type { Genome, Space } from '../../strategies/gene.ts';
import type { Member, Search } from './engines/engine.ts';
import { below } from './random.ts';
import { sampleGenome } from './space.ts';
import { crossover, FIRST_HABITS, mutateGenes } from './variation.ts';

/** Genes changed in the mutants of hand-written genomes, in turn. */
const GRADES = [1, 2, 4, 8, 16, 32];
/** Every so many-th newcomer is drawn at random from the whole space. */
const STRANGER_EVERY = 8;

/**
 * The island's founders as they are, then mutants and crossovers of all seeds, one in eight a stranger, up to the population
 * (all founders stay when they are more). Without seeds all are strangers. Where some genes are unproven, every second relative
 * differs from a seed in those alone.
 */
export function firstGeneration(search: Search, random: () => number): Member[] {
  const { space, seeds, founders, population, unproven = [] } = search;
  const genomes: Genome[] = [...founders];
  for (let index = 0; genomes.length < population; index++) {
    if (seeds.length === 0 || index % STRANGER_EVERY === STRANGER_EVERY - 1) genomes.push(sampleGenome(space, random));
    else if (unproven.length > 0 && index % 2 === 0) genomes.push(untried(space, seeds, unproven, index, random));
    else genomes.push(relative(space, seeds, index, random));
  }
  return genomes.map((genome) => ({ genome: [...search.repair(genome)], ...FIRST_HABITS }));
}

function relative(space: Space, seeds: readonly Genome[], index: number, random: () => number): Genome {
  const parent = seeds[below(random, seeds.length)]!;
  const grade = GRADES[index % GRADES.length]!;
  const mixed =
    seeds.length > 1 && index % 3 === 2
      ? crossover(space, parent, seeds[below(random, seeds.length)]!, random)[0]
      : parent;
  return mutateGenes(space, mixed, grade, 0.25, random);
}

function untried(
  space: Space,
  seeds: readonly Genome[],
  unproven: readonly number[],
  index: number,
  random: () => number,
): Genome {
  const child = [...seeds[below(random, seeds.length)]!];
  const few = unproven.map((at) => space[at]!);
  const changed = mutateGenes(
    few,
    unproven.map((at) => child[at]!),
    GRADES[index % GRADES.length]!,
    0.5,
    random,
  );
  unproven.forEach((at, i) => {
    child[at] = changed[i]!;
  });
  return child;
}
