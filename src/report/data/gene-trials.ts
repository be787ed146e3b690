/** Which genes matter: each is set back alone, and both strategies meet the same failures. Screening first, then fresh scenarios. */
import { planFleet } from '../../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../../sim/scenario.ts';
import type { TrialResult } from '../../../sim/score.ts';
import type { FleetSpec } from '../../../sim/spec.ts';
import type { Genome } from '../../../strategies/gene.ts';
import { TEAM_GENES } from '../../../strategies/genes.ts';
import type { Contender } from '../../contenders.ts';
import { type Estimate, estimate } from '../../evolve/compare.ts';
import { runTrials, type TrialOptions } from '../../run-trials.ts';
import { type Change, changesOf } from './gene-changes.ts';

export interface GeneEffect extends Change {
  /** Lost user-minutes with the change minus those without, scenario by scenario: above 0, the champion's value saves harm. */
  readonly effect: Estimate;
}

export interface Sensitivity {
  /** Largest effect first, good or bad. */
  readonly effects: readonly GeneEffect[];
  /** Genes tried in the first screening, and of how many. */
  readonly tried: number;
  readonly genes: number;
  /** Scenarios behind each effect; the screening used others. */
  readonly scenarios: number;
  readonly trials: number;
}

export interface SensitivityOptions extends Pick<TrialOptions, 'threads' | 'signal'> {
  readonly champion: Extract<Contender, { kind: 'pack' }>;
  readonly fleets: readonly FleetSpec[];
  readonly seed: string;
  /** Trials to spend, about. */
  readonly trials: number;
  readonly onTrials: (done: number) => void;
}

/** A tenth of the run's trials, within these bounds: enough to say something, and never long. */
const SHARE = 0.1;
const TRIALS_MIN = 480;
const TRIALS_MAX = 1500;
/** Effects that are told. */
export const TOLD = 15;
/** Those that come through the first screening. */
const SEMI_FINAL = 45;
const SCREENING_SHARE = 0.4;
const SEMI_FINAL_SHARE = 0.2;
/** Scenarios from which the screening chooses those with the most kinds of faults; effects are measured on later ones. */
const SCREENING_POOL = 40;
const SCENARIOS_MAX = 40;

export function sensitivityTrials(trialsOfRun: number): number {
  return Math.round(Math.min(TRIALS_MAX, Math.max(TRIALS_MIN, SHARE * trialsOfRun)));
}

/**
 * Halving: all changes meet one to three scenarios rich in faults, the 45 that changed most a few more, and the 15 that then
 * changed most are measured on scenarios that chose nothing, so that their effects are not those of the luckiest. Always on
 * the fluid tier. Scenarios are `SEED/genes/N`, which nothing else uses; several fleets take turns.
 */
export async function geneEffects(options: SensitivityOptions): Promise<Sensitivity> {
  const changes = affordable(changesOf(options.champion.genome), SCREENING_SHARE * options.trials);
  const pool = screeningScenarios(options);
  const lab = createLab(options);
  const first = Math.min(3, Math.max(1, Math.floor((SCREENING_SHARE * options.trials) / changes.length)));
  const screened = await lab.differences(changes, pool.slice(0, first));
  const some = most(changes, screened, SEMI_FINAL);
  const more = Math.max(1, Math.floor((SEMI_FINAL_SHARE * options.trials) / SEMI_FINAL));
  const semi = await lab.differences(some, pool.slice(first, first + more));
  const before = new Map(changes.map((change, at) => [change, screened[at]!]));
  const both = some.map((change, at) => [...before.get(change)!, ...semi[at]!]);
  const told = most(some, both, TOLD);
  const left = options.trials - lab.spent();
  const scenarios = Math.min(SCENARIOS_MAX, Math.max(5, Math.floor(left / (TOLD + 1))));
  const fresh = Array.from({ length: scenarios }, (_, index) => SCREENING_POOL + index);
  const measured = await lab.differences(told, fresh);
  const effects = told.map((change, at) => ({ ...change, effect: estimate(measured[at]!) }));
  return {
    effects: effects.toSorted((a, b) => Math.abs(b.effect.mean) - Math.abs(a.effect.mean)),
    tried: changes.length,
    genes: options.champion.genome.length,
    scenarios,
    trials: lab.spent(),
  };
}

/** As many as the screening can pay for, evenly spread over the table. */
function affordable(changes: readonly Change[], trials: number): readonly Change[] {
  const every = Math.max(1, changes.length / Math.max(1, Math.floor(trials)));
  return Array.from({ length: Math.floor(changes.length / every) }, (_, at) => changes[Math.floor(at * every)]!);
}

/** Those whose rows differ most from 0 on average, in the order of the table where they are equal; unmoved ones never. */
function most(changes: readonly Change[], rows: readonly (readonly number[])[], count: number): Change[] {
  const moved = rows.map((row) => Math.abs(row.reduce((sum, value) => sum + value, 0) / row.length));
  return [...changes.keys()]
    .filter((at) => moved[at]! > 0)
    .sort((a, b) => moved[b]! - moved[a]! || a - b)
    .slice(0, count)
    .map((at) => changes[at]!);
}

/** Indices of scenarios, each the one that adds most kinds of faults to those before it: chosen by what strikes, never by results. */
function screeningScenarios({ fleets, seed }: SensitivityOptions): readonly number[] {
  const plans = fleets.map(planFleet);
  const kinds = Array.from({ length: SCREENING_POOL }, (_, index) => {
    const { incidents } = drawScenario(plans[index % plans.length]!, scenarioSeed(seed, 'genes', index));
    return new Set(incidents.map(({ kind }) => kind));
  });
  const order: number[] = [];
  let seen = new Set<string>();
  while (order.length < SCREENING_POOL) {
    const gain = (index: number): number =>
      order.includes(index) ? -1 : [...kinds[index]!].filter((kind) => !seen.has(kind)).length;
    const gains = kinds.map((_, index) => gain(index));
    const best = gains.indexOf(Math.max(...gains));
    order.push(best);
    seen = gains[best] === 0 ? new Set() : new Set([...seen, ...kinds[best]!]);
  }
  return order;
}

interface Lab {
  /** Changed minus unchanged lost user-minutes, one row per change. */
  differences(changes: readonly Change[], scenarios: readonly number[]): Promise<number[][]>;
  spent(): number;
}

function createLab({ champion, fleets, seed, onTrials, ...options }: SensitivityOptions): Lab {
  let spent = 0;
  const lossesOf = async (genomes: readonly Genome[], scenarios: readonly number[]): Promise<number[][]> => {
    const jobs = genomes.flatMap((genome) =>
      fleets.map((fleet, turn) => ({
        tier: 'fluid' as const,
        fleet,
        contender: { ...champion, genome },
        scenarios: scenarios
          .filter((index) => index % fleets.length === turn)
          .map((index) => scenarioSeed(seed, 'genes', index)),
      })),
    );
    const rows = await runTrials(jobs, { ...options, onTrials: (done) => onTrials(spent + done) });
    spent += genomes.length * scenarios.length;
    return genomes.map((_, at) =>
      inOrder(rows.slice(at * fleets.length, (at + 1) * fleets.length), scenarios, fleets.length),
    );
  };
  return {
    spent: () => spent,
    async differences(changes, scenarios) {
      if (changes.length === 0) return [];
      const [own, ...changed] = await lossesOf([champion.genome, ...changes.map(({ genome }) => genome)], scenarios);
      return changed.map((row) => row.map((loss, at) => loss - own![at]!));
    },
  };
}

/** Puts rows of one fleet each back into one row in the order of the scenarios. */
function inOrder(rows: readonly (readonly TrialResult[])[], scenarios: readonly number[], fleets: number): number[] {
  const next = rows.map((row) => row.values());
  return scenarios.map((index) => next[index % fleets]!.next().value!.lostUserMinutes);
}

/** Words of the gene table, which the pack's gene names stand for. */
export const meaningOf = (gene: number): string => TEAM_GENES[gene]!.meaning;
