/** The codec: a flat genome to a strategy and back, without loss on canonical genomes. */
import { ISSUES, type Issue, REMEDIES, type Remedy, TIERS, type Tier } from './contract.ts';
import { FEATURES } from './features.ts';
import type { Gene, Genome } from './gene.ts';
import {
  BREAKER_GENES,
  COORDINATION_GENES,
  DETECTION_GENES,
  HOLD_GENES,
  LIMIT_GENES,
  type NumberGenes,
  SHARED_PACING_GENES,
  type SharedPacing,
  TIER_PACING_GENES,
  type TierPacing,
} from './gene-lists.ts';
import { FEATURE_NAMES, GENES, geneIndex, OPERATORS, SHARED_RUNG, TEAM_GENES, TIER_RUNGS } from './genes.ts';
import {
  type BreakerPolicy,
  type Condition,
  type Coordination,
  type Detection,
  type Holds,
  LADDER_RUNGS,
  RULE_COUNT,
  type Rule,
  type SelfLimits,
  type Strategy,
  type TierPolicy,
} from './strategy.ts';

type Values = Map<string, number>;

/** The strategy a genome stands for. The genome is made canonical first; throws when its length or a value is no number. */
export function decode(genome: Genome): Strategy {
  const values = canonical(genome);
  return {
    tiers: byKey(TIERS, (tier) => decodeTier(values, tier)),
    detection: decodePart<Detection>(values, 'detection', DETECTION_GENES),
    breaker: decodePart<BreakerPolicy>(values, 'breaker', BREAKER_GENES),
    limits: decodePart<SelfLimits>(values, 'limits', LIMIT_GENES),
    holds: decodePart<Holds>(values, 'holds', HOLD_GENES),
    rules: Array.from({ length: RULE_COUNT }, (_, at) => decodeRule(values, at + 1)),
    coordination:
      values.length > GENES.length ? decodePart<Coordination>(values, 'coordination', COORDINATION_GENES) : null,
  };
}

/**
 * The genome of a strategy. Numbers are rounded as `canonical` rounds them.
 * Throws one error that names every value the gene table cannot express (out of range, or tiers that must agree and do not).
 */
export function encode(strategy: Strategy): Genome {
  const values: Values = new Map();
  for (const tier of TIERS) encodeTier(values, tier, strategy.tiers[tier]);
  encodePart(values, 'detection', DETECTION_GENES, strategy.detection);
  encodePart(values, 'breaker', BREAKER_GENES, strategy.breaker);
  encodePart(values, 'limits', LIMIT_GENES, strategy.limits);
  encodePart(values, 'holds', HOLD_GENES, strategy.holds);
  if (strategy.rules.length !== RULE_COUNT)
    throw new Error(`a strategy has ${RULE_COUNT} rules, this one has ${strategy.rules.length}`);
  strategy.rules.forEach((rule, at) => {
    encodeRule(values, at + 1, rule);
  });
  if (strategy.coordination !== null) encodePart(values, 'coordination', COORDINATION_GENES, strategy.coordination);
  const genes = strategy.coordination === null ? GENES : TEAM_GENES;
  const raw = genes.map((gene) => values.get(gene.name) ?? Number.NaN);
  const genome = canonical(raw);
  const problems = genes.flatMap((gene, at) =>
    expressed(raw[at]!, genome[at]!) ? [] : [`${gene.name}: ${raw[at]} cannot be expressed`],
  );
  const shared = decode(genome);
  for (const tier of TIERS) problems.push(...disagreements(tier, strategy.tiers[tier], shared.tiers[tier]));
  if (problems.length > 0) throw new Error(`this strategy is outside the gene table:\n  ${problems.join('\n  ')}`);
  return genome;
}

/**
 * The representable genome nearest to this one: integers and choices rounded, reals kept to 6 significant digits and 6
 * decimals, everything inside its bounds, and the few genes that must agree repaired. Doing it twice changes nothing.
 */
export function canonical(genome: Genome): Genome {
  if (genome.length !== GENES.length && genome.length !== TEAM_GENES.length)
    throw new Error(
      `a genome has ${GENES.length} genes, or ${TEAM_GENES.length} with those of coordination; this one has ${genome.length}`,
    );
  const snapped = genome.map((value, at) => snap(TEAM_GENES[at]!, value));
  for (const [lower, upper] of ORDERED) snapped[upper] = Math.max(snapped[upper]!, snapped[lower]!);
  if (snapped[TRIP_SHARE]! < TRIP_SHARE_LEAST) snapped[TRIP_SHARE] = 0;
  return snapped;
}

/** The genome of the gene table's own defaults. */
export function defaultGenome(): Genome {
  return canonical(GENES.map((gene) => gene.default));
}

/** A genome drawn uniformly, each gene on its own scale. `random` returns numbers in [0, 1). */
export function randomGenome(random: () => number): Genome {
  return canonical(GENES.map((gene) => sample(gene, random())));
}

/** Equal for two genomes exactly if they decode to the same strategy. */
export function genomeKey(genome: Genome): string {
  return canonical(genome).join(',');
}

/** The second of each pair is never below the first: n of m needs n <= m, and failed is worse than degraded. */
const ORDERED = (
  [
    ['detection.confirm', 'detection.confirmOf'],
    ['detection.degradedErrorRate', 'detection.failedErrorRate'],
  ] as const
).map(([lower, upper]) => [geneIndex(lower), geneIndex(upper)] as const);

/** Below this a self-tripping circuit would open on ordinary noise, so the low end of the gene means "off". */
const TRIP_SHARE_LEAST = 0.05;
const TRIP_SHARE = geneIndex('breaker.tripShare');

function snap(gene: Gene, value: number): number {
  if (!Number.isFinite(value)) throw new Error(`gene ${gene.name} is ${value}`);
  const [lo, hi] = gene.kind === 'categorical' ? [0, gene.choices.length - 1] : [gene.lo, gene.hi];
  // The second rounding gives thresholds near 0 an absolute grid, on which mapping them to their feature is exact.
  const rounded = gene.kind === 'real' ? Number(Number(value.toPrecision(6)).toFixed(6)) : Math.round(value);
  // Adding 0 turns -0 into 0, which JSON could not tell apart.
  return Math.min(hi, Math.max(lo, rounded)) + 0;
}

function sample(gene: Gene, share: number): number {
  if (gene.kind === 'categorical') return Math.floor(share * gene.choices.length);
  // Half a step more on either side gives the first and last integer their full weight.
  const half = gene.kind === 'integer' ? 0.499999 : 0;
  return along(gene.lo - half, gene.hi + half, gene.scale, share);
}

const along = (lo: number, hi: number, scale: 'linear' | 'log', share: number): number =>
  scale === 'log' ? lo * (hi / lo) ** share : lo + (hi - lo) * share;
const shareOf = (lo: number, hi: number, scale: 'linear' | 'log', value: number): number =>
  scale === 'log' ? Math.log(value / lo) / Math.log(hi / lo) : (value - lo) / (hi - lo);

function decodeTier(genome: Genome, tier: Tier): TierPolicy {
  return {
    ladders: byKey(ISSUES, (issue) => rungNames(tier, issue).map((name) => REMEDIES[genome[geneIndex(name)]!]!)),
    pacing: {
      ...decodePart<TierPacing>(genome, tier, TIER_PACING_GENES),
      ...decodePart<SharedPacing>(genome, 'any', SHARED_PACING_GENES),
    },
  };
}

function encodeTier(values: Values, tier: Tier, policy: TierPolicy): void {
  for (const issue of ISSUES) {
    const names = rungNames(tier, issue);
    for (let rung = 0; rung < LADDER_RUNGS; rung++) {
      values.set(names[rung]!, REMEDIES.indexOf(policy.ladders[issue][rung] as Remedy));
    }
  }
  encodePart<TierPacing>(values, tier, TIER_PACING_GENES, policy.pacing);
  encodePart<SharedPacing>(values, 'any', SHARED_PACING_GENES, policy.pacing);
}

const rungNames = (tier: Tier, issue: Issue): string[] => [
  ...TIER_RUNGS.map((rung) => `${tier}.${issue}.${rung}`),
  `any.${issue}.${SHARED_RUNG}`,
];

function decodePart<Part>(genome: Genome, prefix: string, genes: NumberGenes<Part>): Part {
  const fields = Object.keys(genes) as (keyof Part & string)[];
  return byKey(fields, (field) => genome[geneIndex(`${prefix}.${field}`)]!) as Part;
}

function encodePart<Part>(values: Values, prefix: string, genes: NumberGenes<Part>, part: Part): void {
  for (const field of Object.keys(genes) as (keyof Part & string)[])
    values.set(`${prefix}.${field}`, Number(part[field]));
}

function decodeRule(genome: Genome, number: number): Rule {
  const at = (name: string): number => genome[geneIndex(`rule${number}.${name}`)]!;
  const condition = (side: 'first' | 'second'): Condition => {
    const feature = FEATURES[at(`${side}.feature`)]!;
    const threshold = along(feature.lo, feature.hi, feature.scale, at(`${side}.threshold`));
    return {
      feature: feature.name,
      op: OPERATORS[at(`${side}.op`)]!,
      // Nine digits hide the rounding of the mapping and still lead back to the same gene.
      threshold: Number(threshold.toPrecision(9)),
    };
  };
  return { first: condition('first'), second: condition('second'), remedy: REMEDIES[at('remedy')]! };
}

function encodeRule(values: Values, number: number, rule: Rule): void {
  for (const side of ['first', 'second'] as const) {
    const { feature: name, op, threshold } = rule[side];
    const index = FEATURE_NAMES.indexOf(name);
    const feature = FEATURES[index];
    if (feature === undefined) throw new Error(`rule ${number}: no feature is called ${name}`);
    values.set(`rule${number}.${side}.feature`, index);
    values.set(`rule${number}.${side}.op`, OPERATORS.indexOf(op));
    values.set(`rule${number}.${side}.threshold`, shareOf(feature.lo, feature.hi, feature.scale, threshold));
  }
  values.set(`rule${number}.remedy`, REMEDIES.indexOf(rule.remedy));
}

/** Rounding is expected, anything more means that the value does not fit its gene. */
const expressed = (raw: number, kept: number): boolean => Math.abs(raw - kept) <= 1e-5 * Math.max(1, Math.abs(raw));

/** What the table makes the tiers share, and this tier wants otherwise. */
function disagreements(tier: Tier, wanted: TierPolicy, kept: TierPolicy): string[] {
  const last = LADDER_RUNGS - 1;
  const ladders = ISSUES.filter((issue) => {
    const rungs = wanted.ladders[issue];
    return rungs.length !== LADDER_RUNGS || rungs[last] !== kept.ladders[issue][last];
  });
  const shared = Object.keys(SHARED_PACING_GENES) as (keyof SharedPacing)[];
  const pacing = shared.filter((field) => !expressed(wanted.pacing[field], kept.pacing[field]));
  return [
    ...ladders.map((issue) => `${tier}.${issue}: needs ${LADDER_RUNGS} rungs, the last one equal in all tiers`),
    ...pacing.map((field) => `${tier}.${field}: must be equal in all tiers`),
  ];
}

function byKey<Key extends string, Value>(keys: readonly Key[], value: (key: Key) => Value): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}
