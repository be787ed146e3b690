/** The main job: breed on training scenarios, choose on selection scenarios and by the referee, prove on test scenarios, seal. */
import { join } from 'node:path';
import { mixOfSeed, seedOfMix } from '../sim/mixes.ts';
import { sreRunbookGenome } from '../strategies/baselines/sre-runbook.ts';
import { type Level, withCoordination, withoutCoordination } from '../strategies/coordinate/coordination.ts';
import type { Genome } from '../strategies/gene.ts';
import { coordinationDigestInput, GENES, geneTableDigestInput, TEAM_GENES } from '../strategies/genes.ts';
import { canonical, defaultGenome } from '../strategies/genome.ts';
import {
  type Comparison,
  canonicalJson,
  type Pack,
  type Proof,
  packGenome,
  REQUESTS_TIER,
} from '../strategies/pack.ts';
import { loadConstitution } from './constitution.ts';
import { baselineContenders, genomeContender, ORACLE } from './contenders.ts';
import type { ContestEvidence } from './contest-evidence.ts';
import { HealixError } from './errors.ts';
import { type Evolved, evolve, Interrupted } from './evolve/archipelago.ts';
import { readCheckpoint, writeCheckpoint } from './evolve/checkpoint.ts';
import { engineNamed } from './evolve/engines/engines.ts';
import { plan as planBudget } from './evolve/plan.ts';
import { createPool, workerUrl } from './evolve/pool.ts';
import { REFEREE_TRIALS } from './evolve/referee.ts';
import { createEvaluator, type TrialSetup } from './evolve/trial-evaluator.ts';
import { PACKAGE_ROOT, packageVersion } from './package-root.ts';
import { makePack, readPack, sha256, versions } from './packs.ts';
import { refereeChampion, refereeFor } from './referee.ts';
import { contest } from './run-compare.ts';
import { openTrialPool, type TrialPool } from './run-trials.ts';
import { checkpointOf, type EvolveHooks, type EvolveOptions, type EvolveResult } from './run-types.ts';

/** Champions of several fleets, bred to heal alone and together. */
const shippedChampion = (level: Level): string =>
  join(PACKAGE_ROOT, 'strategies', 'packs', level === 'basic' ? 'default.json' : 'together.json');
const OUTDATED = ['pack-schema-version', 'pack-gene-table'];
/** Usual cost of a trial, to size batches by. */
const MS_PER_TRIAL = 20;

export async function runEvolve(options: EvolveOptions, hooks: EvolveHooks): Promise<EvolveResult> {
  const trials = openTrialPool(options.threads);
  try {
    return await breedAndProve(options, trials, hooks);
  } finally {
    await trials.close();
  }
}

async function breedAndProve(options: EvolveOptions, trials: TrialPool, hooks: EvolveHooks): Promise<EvolveResult> {
  const engine = engineNamed(options.engine)!;
  const { generations, population, islands } = options;
  const wishes = {
    ...(generations === undefined ? {} : { generations }),
    ...(population === undefined ? {} : { population }),
    ...(islands === undefined ? {} : { islands }),
  };
  const budget = planBudget(wishes, engine);
  const level = options.level ?? 'basic';
  const setup: TrialSetup = {
    fleets: options.fleets,
    reference: sreRunbookGenome,
    ...(options.replicaHours === undefined ? {} : { replicaHours: options.replicaHours }),
    ...(level === 'basic' ? {} : { together: { level, constitution: loadConstitution().constitution } }),
  };
  const founders = foundersOf(options);
  const seeds = [sreRunbookGenome, defaultGenome(), ...founders.map(packGenome)].map(
    level === 'basic' ? withoutCoordination : withCoordination,
  );
  const refereeTrials = options.refereeTrials?.finalist ?? REFEREE_TRIALS;
  const startedMs = performance.now();
  const resume = options.resumeFile === undefined ? undefined : await readCheckpoint(options.resumeFile);
  const pool = createPool({ threads: options.threads, workerUrl, setup, createEvaluator, msPerTrial: MS_PER_TRIAL });
  let evolved: Evolved;
  try {
    evolved = await evolve(
      {
        problem: {
          space: level === 'basic' ? GENES : TEAM_GENES,
          seeds,
          ...(level === 'basic' || founders.some(({ coordination }) => coordination !== undefined)
            ? {}
            : { unproven: COORDINATION_PLACES }),
          repair: canonical,
          evaluate: pool.evaluate,
          ...(refereeTrials === 0 ? {} : { referee: refereeFor(options, trials, hooks) }),
        },
        problemDigest: sha256(
          canonicalJson({
            fleets: options.fleets,
            genes: geneTableDigestInput(),
            ...(level === 'basic' ? {} : { level, coordination: coordinationDigestInput() }),
            ...(options.replicaHours === undefined ? {} : { replicaHours: options.replicaHours }),
            healix: packageVersion(),
            seeds,
          }),
        ),
        engine,
        plan: budget,
        seed: options.seed,
        refereeTrials,
      },
      {
        onProgress: (progress) => hooks.onProgress({ kind: 'evolving', ...progress }),
        shouldStop: () => options.budgetS !== undefined && performance.now() - startedMs > options.budgetS * 1000,
        save: (text) => writeCheckpoint(checkpointOf(options.out), text),
        signal: hooks.signal,
      },
      resume,
    );
  } finally {
    await pool.close();
  }
  const champion = canonical(evolved.champion);
  const contests: ContestEvidence[] = [];
  const keep = (evidence: ContestEvidence): unknown => contests.push(evidence);
  const { comparisons, refereed } = await prove(options, champion, trials, hooks, keep).catch((error: unknown) => {
    // The last checkpoint leads here again.
    if (hooks.signal.aborted) throw new Interrupted('interrupted while proving the champion', { cause: error });
    throw error;
  });
  const pack = makePack({
    name: packName(options),
    genome: champion,
    level,
    provenance: {
      ...versions(),
      engine: engine.name,
      seed: options.seed,
      fleets: options.fleets.map((fleet) => ({ name: fleet.name, digest: sha256(canonicalJson(fleet)) })),
      founders: founders.map(({ name, hash }) => ({ name, hash })),
      budget: {
        generations: evolved.generations,
        population: budget.population * budget.islands,
        trials: evolved.trials,
      },
      sets: {
        train: evolved.scenarios.train,
        select: evolved.scenarios.select,
        referee: evolved.scenarios.referee,
        test: options.scenarios * options.fleets.length,
      },
      command: options.command,
    },
    proof: proofOf(comparisons, refereed),
  });
  options.keep?.({
    history: evolved.history,
    finalists: evolved.finalists.map(({ genome }) => canonical(genome)),
    contests,
  });
  return { pack, comparisons, refereed, trials: evolved.trials };
}

/** Where the genes of coordination stand. */
const COORDINATION_PLACES = TEAM_GENES.map((_gene, at) => at).slice(GENES.length);

/**
 * A search for one fleet starts from the shipped champion of several, too: what has proved itself elsewhere is worth a try. A
 * search for several fleets is what makes such a champion, and starts from the hand-written strategies alone. Both start from
 * what the user names, too.
 */
function foundersOf({ fleets, from = [], level = 'basic' }: EvolveOptions): readonly Pack[] {
  if (fleets.length > 1) return from;
  try {
    const champion = readPack(shippedChampion(level));
    return from.some(({ hash }) => hash === champion.hash) ? from : [champion, ...from];
  } catch (error) {
    // While genes are being added, the champion of the old table is of no use; the provenance says that there was no founder.
    if (error instanceof HealixError && OUTDATED.includes(error.code)) return from;
    throw error;
  }
}

/** The champion beside everything else on scenarios that nothing in the run ever touched; then the referee on the two best. */
async function prove(
  options: EvolveOptions,
  champion: Genome,
  trials: TrialPool,
  hooks: EvolveHooks,
  keep: (evidence: ContestEvidence) => void,
): Promise<Pick<EvolveResult, 'comparisons' | 'refereed'>> {
  const bred = genomeContender(packName(options), champion, options.level);
  const contenders = [bred, ...baselineContenders(), ORACLE];
  const perFleet = contenders.length * options.scenarios;
  const comparisons: Comparison[] = [];
  for (const [index, fleet] of options.fleets.entries()) {
    comparisons.push(
      await contest({
        tier: 'fluid',
        fleet,
        contenders,
        scenarios: options.scenarios,
        seed: options.seed,
        threads: trials,
        signal: hooks.signal,
        keep,
        onTrials: (done) =>
          hooks.onProgress({ kind: 'proving', done: index * perFleet + done, total: options.fleets.length * perFleet }),
      }),
    );
  }
  return { comparisons, refereed: await refereeChampion(options, bred, comparisons, trials, hooks) };
}

/** What a pack keeps of them; its provenance has the versions. */
function proofOf(comparisons: readonly Comparison[], refereed: readonly Comparison[]): Proof {
  return {
    tier: comparisons[0]!.tier,
    fleets: comparisons.map(({ tier: _tier, versions: _versions, ...rest }) => rest),
    ...(refereed.length === 0
      ? {}
      : { refereed: refereed.map((comparison) => ({ ...comparison, tier: REQUESTS_TIER })) }),
  };
}

/** The fleets it was bred for, and the mix of faults where that is not the whole catalogue. */
function packName({ fleets, seed }: EvolveOptions): string {
  return seedOfMix(fleets.map(({ name }) => name).join('+'), mixOfSeed(seed).mix);
}
