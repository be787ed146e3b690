/** A genome's place in its space: the representable grid, uniform sampling, keys and distance. Bounds come from the genes. */
import type { Gene, Genome, Space } from '../../strategies/gene.ts';

/** Significant digits kept of a real gene, so that a genome reads and round-trips well as text. */
const REAL_DIGITS = 6;

/** Where a gene's value lies between its bounds on the gene's own scale, 0..1. */
export function toUnit(gene: Exclude<Gene, { kind: 'categorical' }>, value: number): number {
  if (gene.hi === gene.lo) return 0;
  if (gene.scale === 'log') return Math.log(value / gene.lo) / Math.log(gene.hi / gene.lo);
  return (value - gene.lo) / (gene.hi - gene.lo);
}

/** Inverse of `toUnit`, snapped to the grid; positions outside 0..1 are clipped. */
export function fromUnit(gene: Exclude<Gene, { kind: 'categorical' }>, position: number): number {
  const value =
    gene.scale === 'log'
      ? gene.lo * Math.exp(position * Math.log(gene.hi / gene.lo))
      : gene.lo + position * (gene.hi - gene.lo);
  return snap(gene, value);
}

/** The nearest representable value: categories and integers rounded, reals to 6 significant digits, all within bounds. */
export function snap(gene: Gene, value: number): number {
  if (Number.isNaN(value)) return gene.default;
  if (gene.kind === 'categorical') return clip(Math.round(value), 0, gene.choices.length - 1);
  if (gene.kind === 'integer') return clip(Math.round(value), gene.lo, gene.hi);
  return clip(Number(value.toPrecision(REAL_DIGITS)), gene.lo, gene.hi);
}

/** The genome with every gene snapped. Throws when the number of genes differs from the space's. */
export function canonical(space: Space, genome: Genome): number[] {
  if (genome.length !== space.length) throw new Error(`genome has ${genome.length} genes, the space ${space.length}`);
  return space.map((gene, index) => snap(gene, genome[index]!));
}

/** Identifies a canonical genome: equal keys mean equal genomes. */
export function genomeKey(genome: Genome): string {
  return genome.join(',');
}

/** Uniform draw of one gene on its own scale. */
export function sampleGene(gene: Gene, random: () => number): number {
  if (gene.kind === 'categorical') return Math.floor(random() * gene.choices.length);
  if (gene.kind === 'integer' && gene.scale === 'linear') {
    return gene.lo + Math.floor(random() * (gene.hi - gene.lo + 1));
  }
  return fromUnit(gene, random());
}

export function sampleGenome(space: Space, random: () => number): number[] {
  return space.map((gene) => sampleGene(gene, random));
}

/** Mean difference per gene, 0 (equal) to 1 (opposite ends everywhere); two categories differ by 1. */
export function distance(space: Space, a: Genome, b: Genome): number {
  let sum = 0;
  for (let index = 0; index < space.length; index++) {
    const gene = space[index]!;
    const left = a[index]!;
    const right = b[index]!;
    if (left === right) continue;
    sum += gene.kind === 'categorical' ? 1 : Math.abs(toUnit(gene, left) - toUnit(gene, right));
  }
  return space.length === 0 ? 0 : sum / space.length;
}

/** The sum with 0 turns -0 into 0, which JSON could not tell apart. */
function clip(value: number, lo: number, hi: number): number {
  return Math.min(hi, Math.max(lo, value)) + 0;
}
