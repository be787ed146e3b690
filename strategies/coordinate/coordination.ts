/** How a strategy coordinates that was bred to heal alone: the defaults of the gene table. */
import { COORDINATION_GENES } from '../gene-lists.ts';
import type { Coordination } from '../strategy.ts';

export const DEFAULT_COORDINATION = Object.fromEntries(
  Object.entries(COORDINATION_GENES).map(([field, gene]) => [field, gene.default]),
) as unknown as Coordination;
