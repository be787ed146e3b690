/** The gene table: every gene of a strategy in one order, built from small lists. Its bounds are written nowhere else. */
import { ISSUES, type Issue, REMEDIES, type Remedy, TIERS } from './contract.ts';
import { FEATURES } from './features.ts';
import type { Gene } from './gene.ts';
import {
  BREAKER_GENES,
  COORDINATION_GENES,
  DETECTION_GENES,
  HOLD_GENES,
  LIMIT_GENES,
  type NumberGene,
  SHARED_PACING_GENES,
  TIER_PACING_GENES,
} from './gene-lists.ts';
import { LADDER_RUNGS, RULE_COUNT } from './strategy.ts';

export const FEATURE_NAMES = FEATURES.map((feature) => feature.name);
export const OPERATORS = ['above', 'below'] as const;

/** Names of a ladder's rungs. The last one is shared by the tiers, which keeps the table short. */
export const TIER_RUNGS = ['first', 'second'] as const;
export const SHARED_RUNG = 'third';

/** Where evolution starts from: least disruptive first, as the HMS ladder does, and undo before redo after a change. */
const DEFAULT_LADDERS: Readonly<Record<Issue, readonly [Remedy, Remedy, Remedy]>> = {
  'bad-deploy-suspected': ['rollback', 'restart-graceful', 'escalate'],
  'config-drift-suspected': ['repair-config', 'restart-graceful', 'escalate'],
  'crash-loop': ['restart-graceful', 'rollback', 'escalate'],
  unresponsive: ['restart-graceful', 'restart-hard', 'escalate'],
  'dependency-down': ['reconnect', 'wait', 'escalate'],
  'error-burst': ['reconnect', 'restart-graceful', 'rollback'],
  'resource-exhausted': ['restart-graceful', 'scale-up', 'escalate'],
  saturated: ['scale-up', 'circuit-break', 'fallback'],
  slow: ['scale-up', 'restart-graceful', 'fallback'],
  'memory-growth': ['restart-graceful', 'restart-hard', 'escalate'],
  'predicted-failure': ['restart-graceful', 'restart-hard', 'escalate'],
  anomaly: ['wait', 'wait', 'escalate'],
};

/** Every gene of a strategy that heals alone, in the order of the genome. */
export const GENES: readonly Gene[] = [
  ...numbers('detection', DETECTION_GENES),
  ...TIERS.flatMap((tier) => numbers(tier, TIER_PACING_GENES, ` (${tier} services).`)),
  ...numbers('any', SHARED_PACING_GENES),
  ...numbers('breaker', BREAKER_GENES),
  ...numbers('limits', LIMIT_GENES),
  ...numbers('holds', HOLD_GENES),
  ...TIERS.flatMap((tier) =>
    ISSUES.flatMap((issue) =>
      TIER_RUNGS.map((rung, at) =>
        choice(
          `${tier}.${issue}.${rung}`,
          REMEDIES,
          DEFAULT_LADDERS[issue][at]!,
          `What is done ${rung} for ${issue} in a ${tier} service.`,
        ),
      ),
    ),
  ),
  ...ISSUES.map((issue) =>
    choice(
      `any.${issue}.${SHARED_RUNG}`,
      REMEDIES,
      DEFAULT_LADDERS[issue][LADDER_RUNGS - 1]!,
      `What is done ${SHARED_RUNG} for ${issue} in any service.`,
    ),
  ),
  ...Array.from({ length: RULE_COUNT }, (_, at) => ruleGenes(at + 1)).flat(),
];

/** The genes of working with others; a strategy that does so has them behind the rest. */
export const COORDINATION_TABLE: readonly Gene[] = numbers('coordination', COORDINATION_GENES);
export const TEAM_GENES: readonly Gene[] = [...GENES, ...COORDINATION_TABLE];

const GENE_INDEX: ReadonlyMap<string, number> = new Map(TEAM_GENES.map((gene, at) => [gene.name, at]));

/** Position of a gene in every genome. Throws on a name that the table does not hold. */
export function geneIndex(name: string): number {
  const at = GENE_INDEX.get(name);
  if (at === undefined) throw new Error(`no gene is called ${name}`);
  return at;
}

/** Version of the rules by which a genome becomes a strategy; raise it when they change and the table does not. */
const CODEC_VERSION = 1;

/**
 * Text that is equal for two gene tables exactly if a genome means the same under both. Its hash goes into every pack.
 * Meanings and defaults are left out: a packed genome is complete, so better words must not make old packs unreadable.
 */
export function geneTableDigestInput(): string {
  const genes = GENES.map(meaningOf);
  const features = FEATURES.map(({ name, lo, hi, scale, unit }) => [name, lo, hi, scale, unit]);
  return JSON.stringify({ codec: CODEC_VERSION, rungs: LADDER_RUNGS, genes, features });
}

/** The same for the genes of coordination. */
export function coordinationDigestInput(): string {
  return JSON.stringify({ codec: CODEC_VERSION, genes: COORDINATION_TABLE.map(meaningOf) });
}

function meaningOf(gene: Gene): readonly unknown[] {
  if (gene.kind === 'categorical') return [gene.name, gene.kind, gene.choices];
  return [gene.name, gene.kind, gene.lo, gene.hi, gene.scale, gene.unit];
}

function numbers(prefix: string, genes: Readonly<Record<string, NumberGene>>, ending = ''): Gene[] {
  return Object.entries(genes).map(([field, gene]) => ({
    ...gene,
    name: `${prefix}.${field}`,
    meaning: gene.meaning + ending,
  }));
}

function choice(name: string, choices: readonly string[], initial: string, meaning: string): Gene {
  return { kind: 'categorical', name, choices, default: choices.indexOf(initial), meaning };
}

/** `wait` switches a rule off, so the default strategy has none. */
function ruleGenes(number: number): Gene[] {
  const rule = `rule${number}`;
  return [
    ...(['first', 'second'] as const).flatMap((side): Gene[] => [
      choice(
        `${rule}.${side}.feature`,
        FEATURE_NAMES,
        'errorRate',
        `What the ${side} condition of rule ${number} looks at.`,
      ),
      choice(`${rule}.${side}.op`, OPERATORS, 'above', `Whether it must be above or below the threshold.`),
      {
        kind: 'real',
        name: `${rule}.${side}.threshold`,
        lo: 0,
        hi: 1,
        scale: 'linear',
        unit: 'share',
        default: 0.5,
        meaning: `The threshold, as a share of the way through the range of what is looked at.`,
      },
    ]),
    choice(
      `${rule}.remedy`,
      REMEDIES,
      'wait',
      `What rule ${number} does when both conditions hold; wait switches it off.`,
    ),
  ];
}
