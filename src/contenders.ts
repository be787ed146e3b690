/** Who can be put to the test: a bred genome, what people run today, nobody at all, or the oracle. */
import { createOracle } from '../sim/oracle.ts';
import { BASELINES, findBaseline } from '../strategies/baselines/index.ts';
import type { Healer } from '../strategies/contract.ts';
import type { Genome } from '../strategies/gene.ts';
import { decode } from '../strategies/genome.ts';
import { guarded, strategyHealer } from '../strategies/heal.ts';
import type { Comparison } from '../strategies/pack.ts';

/** Plain data, so that it can be sent to a worker. */
export type Contender =
  | { readonly kind: 'pack'; readonly name: string; readonly genome: Genome }
  | { readonly kind: 'baseline' | 'nothing' | 'oracle'; readonly name: string };

export const ORACLE: Contender = { kind: 'oracle', name: 'oracle' };
/** The strategy to beat. */
export const RUNBOOK = 'sre-runbook';

export function baselineContenders(names: readonly string[] = BASELINES.map(({ name }) => name)): Contender[] {
  return names.map((name) => ({ kind: name === 'nothing' ? 'nothing' : 'baseline', name }));
}

/** The healer behind a contender; all are held to the same guard. */
export function healerOf(contender: Contender): Healer {
  if (contender.kind === 'pack') return strategyHealer(contender.name, decode(contender.genome)) as Healer;
  if (contender.kind === 'oracle') return createOracle();
  const baseline = findBaseline(contender.name);
  if (baseline === undefined) throw new Error(`unknown baseline ${contender.name}`);
  // A baseline that is itself a strategy has the guard within `heal`.
  return baseline.name === RUNBOOK ? baseline : (guarded(baseline) as Healer);
}

export const kindOf = (contender: Contender): Comparison['strategies'][number]['kind'] => contender.kind;
