/** Levels of healing, and how a strategy coordinates that was bred to heal alone: the defaults of the gene table. */
import type { Genome } from '../gene.ts';
import { COORDINATION_GENES } from '../gene-lists.ts';
import { GENES, TEAM_GENES } from '../genes.ts';
import type { Coordination } from '../strategy.ts';

/** Standalone; standalone until it does not suffice; always together. */
export const LEVELS = ['basic', 'advanced', 'full'] as const;
export type Level = (typeof LEVELS)[number];

export const DEFAULT_COORDINATION = Object.fromEntries(
  Object.entries(COORDINATION_GENES).map(([field, gene]) => [field, gene.default]),
) as unknown as Coordination;

/** The genome with the genes of coordination behind it, at their defaults where it has none. */
export function withCoordination(genome: Genome): Genome {
  return [...genome, ...TEAM_GENES.slice(genome.length).map((gene) => gene.default)];
}

/** The genome that heals alone. */
export const withoutCoordination = (genome: Genome): Genome => genome.slice(0, GENES.length);
