/** The relaxed encoding: every gene as a position in 0..1, for engines that know real numbers only. */
import type { Gene, Genome, Space } from '../../../strategies/gene.ts';
import { fromUnit, toUnit } from '../space.ts';

/**
 * The genome at these positions. Numbers lie on their own scale, integers rounded; the choices of a categorical gene share 0..1 in
 * equal cells, in the order of the gene table, because one coordinate per choice would be about eight times as many. Positions
 * outside 0..1 stand for the nearer end.
 */
export function fromPositions(space: Space, positions: readonly number[]): number[] {
  return space.map((gene, index) => fromPosition(gene, positions[index]!));
}

/** Positions that stand for the genome: the middle of a choice's cell. */
export function toPositions(space: Space, genome: Genome): number[] {
  return space.map((gene, index) =>
    gene.kind === 'categorical' ? (genome[index]! + 0.5) / gene.choices.length : toUnit(gene, genome[index]!),
  );
}

/** The positions where they stand for the genome already, else (a repaired gene, a guest) the genome's own. */
export function agreeing(space: Space, positions: readonly number[], genome: Genome): number[] {
  const own = toPositions(space, genome);
  return space.map((gene, index) =>
    fromPosition(gene, positions[index]!) === genome[index] ? positions[index]! : own[index]!,
  );
}

/** The stretch of positions that stand for a discrete gene's value; endless beyond its first and last. */
export function cell(gene: Exclude<Gene, { kind: 'real' }>, value: number): readonly [low: number, high: number] {
  const [first, last] = gene.kind === 'categorical' ? [0, gene.choices.length - 1] : [gene.lo, gene.hi];
  const edge = (between: number): number =>
    gene.kind === 'categorical' ? (between + 0.5) / gene.choices.length : toUnit(gene, between);
  return [
    value > first ? edge(value - 0.5) : Number.NEGATIVE_INFINITY,
    value < last ? edge(value + 0.5) : Number.POSITIVE_INFINITY,
  ];
}

/** The discrete or real value at a position. */
export function fromPosition(gene: Gene, position: number): number {
  if (gene.kind !== 'categorical') return fromUnit(gene, position);
  return Math.min(gene.choices.length - 1, Math.max(0, Math.floor(position * gene.choices.length))) + 0;
}
