/** One run of the study: evolve on the way `healix evolve` goes, then score what came out on scenarios that no run ever meets. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { evolve, Interrupted } from '../../src/evolve/archipelago.ts';
import { parseCheckpoint, type RunState, writeCheckpoint } from '../../src/evolve/checkpoint.ts';
import { createPool, type Pool, workerUrl } from '../../src/evolve/pool.ts';
import { type Problem, type Row, scenarioNames } from '../../src/evolve/problem.ts';
import { DEFAULT_TAIL_WEIGHT, prepareRun, type RunOptions } from '../../src/evolve/run.ts';
import { costs, tailScore } from '../../src/evolve/score.ts';
import { createEvaluator, type TrialSetup } from '../../src/evolve/trial-evaluator.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import type { Genome } from '../../strategies/gene.ts';
import { GENES } from '../../strategies/genes.ts';
import { canonical, defaultGenome } from '../../strategies/genome.ts';
import type { Line } from './lines.ts';
import type { Job } from './stages.ts';
import { planOf, type Variant, variantNamed } from './variants.ts';

export const HORIZON_S = 1200;
export const TEST_SCENARIOS = 200;
/** On the way to the end fewer will do. */
const ON_THE_WAY_SCENARIOS = 60;
const ON_THE_WAY = [0.25, 0.5, 0.75] as const;
const SAVE_EVERY_MS = 20_000;

/** What is best known after a share of the generations, before any final race. */
interface Mark {
  readonly share: number;
  readonly trials: number;
  readonly genome: Genome;
}

/** Scores trials on the scenarios of the study, in this thread. */
export function poolFor(fleet: string): Pool {
  const setup: TrialSetup = { fleets: [loadFleet(fleet).fleet], reference: sreRunbookGenome, horizonS: HORIZON_S };
  return createPool({ threads: 0, workerUrl, setup, createEvaluator });
}

/** Runs a job to its end, or until the signal aborts: then `undefined`, and the checkpoint file leads on from there. */
export async function runJob(
  job: Job,
  digest: string,
  checkpointFile: string,
  evaluate: Problem['evaluate'],
  signal: AbortSignal,
): Promise<Line | undefined> {
  const variant = variantNamed(job.variant);
  const { problem, whole } = problemOf(variant, evaluate);
  const options: RunOptions = {
    problem,
    problemDigest: digest,
    engine: variant.engine,
    plan: planOf(variant, job.trials),
    seed: `study/${job.fleet}/${job.seed}`,
  };
  const saved = readSaved(checkpointFile, digest);
  const marks: Mark[] = [...(saved?.marks ?? [])];
  const startedMs = performance.now();
  const secondsSoFar = (): number => (saved?.seconds ?? 0) + (performance.now() - startedMs) / 1000;
  let latest = '';
  let savedMs = startedMs;
  const save = (): void => {
    savedMs = performance.now();
    writeCheckpoint(
      checkpointFile,
      JSON.stringify({ digest, seconds: secondsSoFar(), marks, run: JSON.parse(latest) }),
    );
  };
  try {
    const evolved = await evolve(
      options,
      {
        signal,
        save(text) {
          latest = text;
        },
        onProgress({ generation, generations, trials }) {
          const share = [...ON_THE_WAY, 1].find((at) => at > (marks.at(-1)?.share ?? 0));
          if (share !== undefined && generation >= share * generations) {
            marks.push({ share, trials, genome: bestSoFar(options, JSON.parse(latest) as RunState) });
            save();
          } else if (performance.now() - savedMs > SAVE_EVERY_MS) save();
        },
      },
      saved?.run,
    );
    const seconds = secondsSoFar();
    const quality = async (genome: Genome, scenarios: number): Promise<number> => {
      const tasks = [{ genome: whole(genome), scenarios: scenarioNames('study', 'test', 0, scenarios) }];
      return qualityOf((await evaluate(tasks, signal))[0]!);
    };
    const onTheWay: { share: number; quality: number }[] = [];
    for (const { share, genome } of marks.slice(0, -1)) {
      onTheWay.push({ share, quality: await quality(genome, ON_THE_WAY_SCENARIOS) });
    }
    onTheWay.push({ share: 1, quality: await quality(evolved.champion, ON_THE_WAY_SCENARIOS) });
    const line: Line = {
      ...job,
      digest,
      quality: await quality(evolved.champion, TEST_SCENARIOS),
      unraced: await quality(marks.at(-1)!.genome, TEST_SCENARIOS),
      onTheWay,
      handWritten: evolved.handWritten !== null,
      spent: evolved.trials,
      seconds: Math.round(seconds),
      champion: [...whole(evolved.champion)],
    };
    rmSync(checkpointFile, { force: true });
    return line;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (error instanceof Interrupted) save();
    return undefined;
  }
}

/** What a search minimises, on scenarios it never met: the mean cost and a share of that of the worst tenth. Lower is better. */
export function qualityOf(row: Row): number {
  return tailScore(costs(row), DEFAULT_TAIL_WEIGHT);
}

/**
 * The problem, from the hand-written strategies alone: the shipped champion would have done the searching already. Without rules the
 * space is that of all other genes, so that no mutation is wasted on a gene that is switched off.
 */
export function problemOf(
  variant: Variant,
  evaluate: Problem['evaluate'],
): { problem: Problem; whole: (genome: Genome) => Genome } {
  const seeds = [sreRunbookGenome, defaultGenome()];
  if (variant.rules)
    return { problem: { space: GENES, seeds, repair: canonical, evaluate }, whole: (genome) => genome };
  const kept = GENES.flatMap((gene, index) => (/^rule\d/.test(gene.name) ? [] : [index]));
  const part = (genome: Genome): Genome => kept.map((index) => genome[index]!);
  const whole = (genome: Genome): Genome => {
    const complete = [...defaultGenome()];
    kept.forEach((index, at) => {
      complete[index] = genome[at]!;
    });
    return canonical(complete);
  };
  return {
    whole,
    problem: {
      space: kept.map((index) => GENES[index]!),
      seeds: seeds.map(part),
      repair: (genome) => part(whole(genome)),
      evaluate: (tasks, signal) =>
        evaluate(
          tasks.map(({ genome, scenarios }) => ({ genome: whole(genome), scenarios })),
          signal,
        ),
    },
  };
}

/** The archive's leader, or what the island with the best of this generation would recommend. */
function bestSoFar(options: RunOptions, state: RunState): Genome {
  const leader = state.archive.entries[0];
  if (leader !== undefined) return leader.genome;
  const { searches } = prepareRun(options);
  const best = state.islands.reduce((least, island) =>
    island.members[0]!.score < least.members[0]!.score ? island : least,
  );
  return options.engine.recommend(searches[state.islands.indexOf(best)]!, best, 1)[0]!;
}

function readSaved(file: string, digest: string): { seconds: number; marks: Mark[]; run: RunState } | undefined {
  if (!existsSync(file)) return undefined;
  const saved = JSON.parse(readFileSync(file, 'utf8')) as {
    digest: string;
    seconds: number;
    marks: Mark[];
    run: unknown;
  };
  if (saved.digest !== digest) return undefined;
  return { ...saved, run: parseCheckpoint(JSON.stringify(saved.run), file) };
}
