/** Every gene of a genome set back alone, as far as that can change what the strategy does. */
import type { Gene, Genome } from '../../../strategies/gene.ts';
import { geneIndex, TEAM_GENES } from '../../../strategies/genes.ts';
import { canonical } from '../../../strategies/genome.ts';
import { RULE_COUNT } from '../../../strategies/strategy.ts';
import { amount } from '../words.ts';

export interface Change {
  /** Position in the genome, and the words of the gene table. */
  readonly gene: number;
  readonly name: string;
  readonly meaning: string;
  /** What the champion has, and what it is compared with: the default, or a neighbour where it has that. */
  readonly from: string;
  readonly to: string;
  readonly toDefault: boolean;
  readonly genome: Genome;
}

/**
 * Conditions of rules that are switched off cannot matter and are left out, as is a change that leaves the genome as it is. Where two
 * genes must keep their order, the other follows.
 */
export function changesOf(genome: Genome): readonly Change[] {
  const wait = (rule: number): boolean => {
    const at = geneIndex(`rule${rule}.remedy`);
    return textOf(TEAM_GENES[at]!, genome[at]!) === 'wait';
  };
  const off = Array.from({ length: RULE_COUNT }, (_, at) => at + 1).filter(wait);
  return genome.flatMap((value, gene): Change[] => {
    const facts = TEAM_GENES[gene]!;
    const rule = /^rule(\d+)\.(?!remedy)/.exec(facts.name);
    if (rule !== null && off.includes(Number(rule[1]))) return [];
    const isDefault = value === facts.default;
    const other = isDefault ? neighbour(facts) : facts.default;
    const changed = canonical(genome.map((own, at) => (at === gene ? other : own)));
    if (changed[gene] === value) return [];
    return [
      {
        gene,
        name: facts.name,
        meaning: wordsOf(facts),
        from: textOf(facts, value),
        to: textOf(facts, changed[gene]!),
        toDefault: !isDefault,
        genome: changed,
      },
    ];
  });
}

/** For a choice the next one; for a number half-way to the farther end, on its own scale. */
function neighbour(gene: Gene): number {
  if (gene.kind === 'categorical') return (gene.default + 1) % gene.choices.length;
  const { lo, hi, default: value } = gene;
  const half = (end: number): number => (gene.scale === 'log' ? Math.sqrt(value * end) : (value + end) / 2);
  const distance = (end: number): number =>
    gene.scale === 'log' ? Math.abs(Math.log(end / value)) : Math.abs(end - value);
  const moved = half(distance(hi) >= distance(lo) ? hi : lo);
  return gene.kind === 'integer' ? Math.round(moved) : moved;
}

function textOf(gene: Gene, value: number): string {
  if (gene.kind === 'categorical') return gene.choices[value]!;
  if (gene.unit === 'share') return `${Number((100 * value).toPrecision(3))} %`;
  const digits = Math.abs(value) >= 1000 ? amount(value) : String(Number(value.toPrecision(3)));
  return `${digits} ${gene.unit}`;
}

const PARTS: Readonly<Record<string, string>> = {
  breaker: 'Circuit breaker',
  limits: 'Limits',
  holds: 'Standing measures',
  any: 'Pacing',
  coordination: 'Together',
};

/** The gene table's meaning, after what it is about where that alone does not say it. */
function wordsOf({ name, meaning }: Gene): string {
  const [part = '', side] = name.split('.');
  const lower = meaning.charAt(0).toLowerCase() + meaning.slice(1);
  if (/^rule\d+$/.test(part))
    return side === 'remedy' || name.endsWith('.feature')
      ? meaning
      : `Rule ${part.slice(4)}, ${side} condition: ${lower}`;
  // Rungs of a ladder say themselves what they are for.
  return PARTS[part] === undefined || name.split('.').length > 2 ? meaning : `${PARTS[part]}: ${lower}`;
}
