/** Compares strategies on test scenarios, scenario by scenario: same failures for all, means with intervals, paired differences. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { scenarioSeed } from '../sim/scenario.ts';
import type { TrialResult } from '../sim/score.ts';
import type { FleetSpec } from '../sim/spec.ts';
import type { SimulationTier } from '../sim/tiers.ts';
import { type Comparison, FLUID_TIER, packGenome, REQUESTS_TIER } from '../strategies/pack.ts';
import { baselineContenders, type Contender, kindOf, ORACLE } from './contenders.ts';
import { comparePaired, estimate } from './evolve/compare.ts';
import type { CompareOptions, CompareProgress } from './run-types.ts';
import { runBatch, type TrialBatch } from './trial-worker.ts';

/** Scenarios per task: tens of milliseconds to seconds of work. */
const BATCH: Readonly<Record<SimulationTier, number>> = { fluid: 10, requests: 1 };
export const TIER_WORDS: Readonly<Record<SimulationTier, Comparison['tier']>> = {
  fluid: FLUID_TIER,
  requests: REQUESTS_TIER,
};
const WORKER = new URL(`./trial-worker${extname(import.meta.url)}`, import.meta.url);

export interface Contest {
  readonly tier: SimulationTier;
  readonly fleet: FleetSpec;
  readonly contenders: readonly Contender[];
  readonly scenarios: number;
  readonly seed: string;
  /** 0 works in this thread. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onTrials?: (done: number) => void;
}

/** The packs against the baselines asked for, and always the oracle. */
export async function runCompare(
  options: CompareOptions,
  onProgress: (progress: CompareProgress) => void,
): Promise<Comparison> {
  const packs = options.packs.map(({ pack }, index): Contender => {
    const taken = options.packs.slice(0, index).filter((other) => other.pack.name === pack.name).length;
    return { kind: 'pack', name: taken === 0 ? pack.name : `${pack.name} (${taken + 1})`, genome: packGenome(pack) };
  });
  const contenders = [...packs, ...baselineContenders(options.baselines), ORACLE];
  const total = contenders.length * options.scenarios;
  return contest({ ...options, contenders, onTrials: (done) => onProgress({ done, total }) });
}

/** Every contender on the same test scenarios. The result depends on nothing but fleet, contenders, scenarios and seed. */
export async function contest(options: Contest): Promise<Comparison> {
  const { fleet, contenders, scenarios, seed } = options;
  const results = await runAll(options);
  const losses = results.map((row) => row.map(({ lostUserMinutes }) => lostUserMinutes));
  const packs = contenders.flatMap((contender, index) => (contender.kind === 'pack' ? [index] : []));
  return {
    fleet: fleet.name,
    tier: TIER_WORDS[options.tier],
    scenarios,
    seed,
    strategies: contenders.map((contender, index) => summarise(contender, results[index]!)),
    paired: packs.flatMap((a) =>
      contenders.flatMap((contender, b) => {
        if (a === b) return [];
        const { difference, ...counts } = comparePaired(losses[a]!, losses[b]!);
        return [{ a: contenders[a]!.name, b: contender.name, difference: rounded(difference), ...counts }];
      }),
    ),
  };
}

async function runAll(options: Contest): Promise<TrialResult[][]> {
  const { tier, fleet } = options;
  const size = BATCH[tier];
  const batches = options.contenders.flatMap((contender, row) =>
    Array.from({ length: Math.ceil(options.scenarios / size) }, (_, i) => {
      const last = Math.min(options.scenarios, (i + 1) * size);
      const names = Array.from({ length: last - i * size }, (__, j) =>
        scenarioSeed(options.seed, 'test', i * size + j),
      );
      return { row, batch: { tier, fleet, contender, scenarios: names } satisfies TrialBatch };
    }),
  );
  const pool =
    options.threads === 0
      ? null
      : new Piscina<TrialBatch, TrialResult[]>({
          filename: fileURLToPath(WORKER),
          minThreads: options.threads,
          maxThreads: options.threads,
          execArgv: extname(WORKER.pathname) === '.ts' ? ['--import', 'tsx'] : [],
        });
  const parts: TrialResult[][] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < batches.length) {
      const index = next++;
      options.signal?.throwIfAborted();
      const { batch } = batches[index]!;
      parts[index] = pool === null ? runBatch(batch) : await pool.run(batch);
      done += batch.scenarios.length;
      options.onTrials?.(done);
      await new Promise(setImmediate);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, options.threads) + 1 }, lane));
  } finally {
    await pool?.destroy();
  }
  return options.contenders.map((_, row) =>
    batches.flatMap((entry, index) => (entry.row === row ? parts[index]! : [])),
  );
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
