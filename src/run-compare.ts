/** Compares strategies on test scenarios, scenario by scenario: same failures for all, means with intervals, paired differences. */
import { basename } from 'node:path';
import { scenarioSeed } from '../sim/scenario.ts';
import type { TrialResult } from '../sim/score.ts';
import type { FleetSpec } from '../sim/spec.ts';
import type { SimulationTier } from '../sim/tiers.ts';
import { type Comparison, FLUID_TIER, packLevel, REQUESTS_TIER } from '../strategies/pack.ts';
import { baselineContenders, type Contender, kindOf, ORACLE, packContender } from './contenders.ts';
import type { ContestEvidence } from './contest-evidence.ts';
import { comparePaired, estimate } from './evolve/compare.ts';
import { versions } from './packs.ts';
import { runTrials, type TrialOptions } from './run-trials.ts';
import type { CompareOptions, CompareProgress } from './run-types.ts';
import { openLedger } from './trial-ledger.ts';

export const TIER_WORDS: Readonly<Record<SimulationTier, Comparison['tier']>> = {
  fluid: FLUID_TIER,
  requests: REQUESTS_TIER,
};

export interface Contest extends TrialOptions {
  readonly tier: SimulationTier;
  readonly fleet: FleetSpec;
  readonly contenders: readonly Contender[];
  readonly scenarios: number;
  readonly seed: string;
  /** Told every single result, once all are there. */
  readonly keep?: (evidence: ContestEvidence) => void;
}

/** The packs against the baselines asked for, and always the oracle. */
export async function runCompare(
  options: CompareOptions,
  onProgress: (progress: CompareProgress) => void,
): Promise<Comparison> {
  const names = namesOf(options.packs);
  const entries = options.packs.flatMap(({ pack }, index) => {
    const name = names[index]!;
    const { levels = [packLevel(pack)] } = options;
    return levels.map((level) => ({
      pack,
      contender: packContender(pack, levels.length > 1 ? `${name} ${level}` : name, level),
    }));
  });
  const contenders = [...entries.map(({ contender }) => contender), ...baselineContenders(options.baselines), ORACLE];
  const total = contenders.length * options.scenarios;
  const { resumeFile, fleet, seed, keep, ...rest } = options;
  const packs = new Map(entries.map(({ contender, pack }) => [contender.name, pack]));
  return contest({
    ...rest,
    fleet,
    seed,
    contenders,
    ...(keep === undefined ? {} : { keep: (evidence) => keep({ contest: evidence, packs }) }),
    onTrials: (done) => onProgress({ done, total }),
    ...(resumeFile === undefined ? {} : { ledger: openLedger(resumeFile, fleet, seed) }),
  });
}

/** Packs by their names; those that share one, as two bred for the same fleets do, by what the user called them. */
export function namesOf(packs: CompareOptions['packs']): readonly string[] {
  const own = packs.map(({ pack }) => pack.name);
  const called = packs.map(({ file, pack }) =>
    own.filter((name) => name === pack.name).length > 1 ? basename(file).replace(/(\.pack)?\.json$/, '') : pack.name,
  );
  return called.map((name, at) => {
    const taken = called.slice(0, at).filter((other) => other === name).length;
    return taken === 0 ? name : `${name} (${taken + 1})`;
  });
}

/** Every contender on the same test scenarios. The result depends on nothing but fleet, contenders, scenarios and seed. */
export async function contest(options: Contest): Promise<Comparison> {
  const { tier, fleet, contenders, scenarios, seed } = options;
  const names = Array.from({ length: scenarios }, (_, index) => scenarioSeed(seed, 'test', index));
  const results = await runTrials(
    contenders.map((contender) => ({ tier, fleet, contender, scenarios: names })),
    options,
  );
  const losses = results.map((row) => row.map(({ lostUserMinutes }) => lostUserMinutes));
  const packs = contenders.flatMap((contender, index) => (contender.kind === 'pack' ? [index] : []));
  const comparison: Comparison = {
    fleet: fleet.name,
    tier: TIER_WORDS[tier],
    scenarios,
    seed,
    versions: versions(),
    strategies: contenders.map((contender, index) => summarise(contender, results[index]!)),
    paired: packs.flatMap((a) =>
      contenders.flatMap((contender, b) => {
        if (a === b) return [];
        const { difference, ...counts } = comparePaired(losses[a]!, losses[b]!);
        return [{ a: contenders[a]!.name, b: contender.name, difference: rounded(difference), ...counts }];
      }),
    ),
  };
  options.keep?.({ comparison, tier, fleet, contenders, results });
  return comparison;
}

function summarise(contender: Contender, results: readonly TrialResult[]): Comparison['strategies'][number] {
  const recoveries = results.flatMap(({ timeToRecoverS }) => timeToRecoverS).sort((a, b) => a - b);
  const mean = (pick: (result: TrialResult) => number): number =>
    round(results.reduce((sum, result) => sum + pick(result), 0) / results.length);
  return {
    name: contender.name,
    kind: kindOf(contender),
    lostUserMinutes: rounded(estimate(results.map(({ lostUserMinutes }) => lostUserMinutes))),
    availability: Math.max(
      0,
      mean(({ availability }) => availability),
    ),
    timeToRecoverS: {
      mean:
        recoveries.length === 0 ? null : round(recoveries.reduce((sum, value) => sum + value, 0) / recoveries.length),
      p95: recoveries.length === 0 ? null : round(recoveries[Math.ceil(0.95 * recoveries.length) - 1]!),
    },
    actions: mean(({ actions }) => actions),
    collateral: mean(({ collateral }) => collateral),
    ...(contender.kind === 'pack' && contender.level !== undefined
      ? { messages: mean(({ messages }) => messages) }
      : {}),
    replicaHours: mean(({ replicaHours }) => replicaHours),
    unrecovered: mean(({ unrecovered }) => unrecovered),
  };
}

/** Six significant digits: more than any interval supports, and the same text everywhere. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}

function rounded({ mean, ci95 }: { readonly mean: number; readonly ci95: readonly [number, number] }): {
  mean: number;
  ci95: [number, number];
} {
  return { mean: round(mean), ci95: [round(ci95[0]), round(ci95[1])] };
}
