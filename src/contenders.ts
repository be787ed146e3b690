/** Who can be put to the test: a bred genome, what people run today, nobody at all, or the oracle. */
import type { NetworkSettings } from '../sim/agents.ts';
import { createOracle } from '../sim/oracle.ts';
import { BASELINES, findBaseline } from '../strategies/baselines/index.ts';
import type { Healer } from '../strategies/contract.ts';
import type { Constitution } from '../strategies/coordinate/constitution.ts';
import { coordinatedHealer } from '../strategies/coordinate/coordinated.ts';
import { type Level, withCoordination, withoutCoordination } from '../strategies/coordinate/coordination.ts';
import type { Genome } from '../strategies/gene.ts';
import { decode } from '../strategies/genome.ts';
import { guarded, strategyHealer } from '../strategies/heal.ts';
import { type Comparison, type Pack, packGenome, packLevel } from '../strategies/pack.ts';
import { loadConstitution } from './constitution.ts';

/** Plain data, so that it can be sent to a worker. */
export type Contender =
  /** Heals alone unless a level is given. */
  | {
      readonly kind: 'pack';
      readonly name: string;
      readonly genome: Genome;
      readonly level?: Level;
      /** What messages between its agents go through; the usual network unless said. */
      readonly network?: NetworkSettings;
    }
  | { readonly kind: 'baseline' | 'nothing' | 'oracle'; readonly name: string };

export const ORACLE: Contender = { kind: 'oracle', name: 'oracle' };
/** The one that ships, read once in each thread. */
let constitution: Constitution | undefined;
/** The strategy to beat. */
export const RUNBOOK = 'sre-runbook';

export function baselineContenders(names: readonly string[] = BASELINES.map(({ name }) => name)): Contender[] {
  return names.map((name) => ({ kind: name === 'nothing' ? 'nothing' : 'baseline', name }));
}

/** A pack at a level; left out, at the one it was bred at. */
export function packContender(pack: Pack, name = pack.name, level: Level = packLevel(pack)): Contender {
  return genomeContender(name, packGenome(pack), level);
}

/** A genome at a level, with the genes of coordination exactly if it heals together. */
export function genomeContender(name: string, genome: Genome, level: Level = 'basic'): Contender {
  return level === 'basic'
    ? { kind: 'pack', name, genome: withoutCoordination(genome) }
    : { kind: 'pack', name, genome: withCoordination(genome), level };
}

/** The healer behind a contender; all are held to the same guard. */
export function healerOf(contender: Contender): Healer {
  if (contender.kind === 'pack') return packHealer(contender);
  if (contender.kind === 'oracle') return createOracle();
  const baseline = findBaseline(contender.name);
  if (baseline === undefined) throw new Error(`unknown baseline ${contender.name}`);
  // A baseline that is itself a strategy has the guard within `heal`.
  return baseline.name === RUNBOOK ? baseline : (guarded(baseline) as Healer);
}

function packHealer({ name, genome, level = 'basic' }: Extract<Contender, { kind: 'pack' }>): Healer {
  const strategy = decode(genome);
  if (level === 'basic') return strategyHealer(name, strategy) as Healer;
  constitution ??= loadConstitution().constitution;
  return coordinatedHealer(name, strategy, level, constitution) as Healer;
}

export const kindOf = (contender: Contender): Comparison['strategies'][number]['kind'] => contender.kind;
