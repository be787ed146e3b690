/** What the command line asks of a run and gets back: the seam between the shell and the work. */
import type { FleetSpec } from '../sim/spec.ts';
import type { SimulationTier } from '../sim/tiers.ts';
import type { Level } from '../strategies/coordinate/coordination.ts';
import type { Comparison, Pack } from '../strategies/pack.ts';
import type { Progress } from './evolve/archipelago.ts';
import type { CompareEvidence, EvolutionEvidence, ReportHooks, ReportRequest } from './report/evidence.ts';

export interface EvolveOptions {
  /** One or more, with distinct names. */
  readonly fleets: readonly FleetSpec[];
  /** Begins with the mix of faults unless that is the whole catalogue: see `seedOfMix`. So do the seeds below. */
  readonly seed: string;
  /** Where the pack will go. The run itself writes only `checkpointOf(out)`. */
  readonly out: string;
  readonly threads: number;
  /** What is left out follows from the plan's defaults. */
  readonly islands?: number;
  readonly generations?: number;
  readonly population?: number;
  /** Size of the test set, per fleet. */
  readonly scenarios: number;
  /**
   * Trials of the referee on each finalist (8 unless told otherwise), and on the champion and its best rival on each fleet (20,
   * at most `scenarios`). 0 does without.
   */
  readonly refereeTrials?: { readonly finalist: number; readonly champion: number };
  readonly engine: string;
  /** Strategies to start from, beside those that every run starts from. */
  readonly from?: readonly Pack[];
  /** How candidates heal; alone unless said otherwise. */
  readonly level?: Level;
  /** Replica-hours that the champion may spend, as a multiple of the runbook's in the same scenarios; 1.04 unless said otherwise. */
  readonly replicaHours?: number;
  readonly resumeFile?: string;
  /** Stop evolving at the first generation boundary after this many seconds. */
  readonly budgetS?: number;
  /** The command that makes the pack again, without thread counts and folders: goes into its provenance. */
  readonly command: string;
  /** Given, at the end, what a report is written from. */
  readonly keep?: (evidence: EvolutionEvidence) => void;
}

export type EvolveProgress =
  | (Progress & { readonly kind: 'evolving' })
  /** The champion and its rivals on the test set. */
  | { readonly kind: 'proving'; readonly done: number; readonly total: number }
  /** Trials on tier 2: of the finalists before the champion is chosen, then of the champion and its best rival. */
  | {
      readonly kind: 'refereeing';
      readonly subject: 'finalists' | 'champion';
      readonly done: number;
      readonly total: number;
    };

export interface EvolveHooks {
  onProgress(progress: EvolveProgress): void;
  /** Aborting saves the checkpoint and ends the run with `Interrupted`. */
  readonly signal: AbortSignal;
}

export interface EvolveResult {
  /** Sealed but not written: the command line writes it. */
  readonly pack: Pack;
  /** One per fleet, in the order of the options. */
  readonly comparisons: readonly Comparison[];
  /** What the referee says of the champion and its best rival, one per fleet; empty when it was not asked. */
  readonly refereed: readonly Comparison[];
  readonly trials: number;
}

/** Where an interrupted run is saved. */
export const checkpointOf = (out: string): string => `${out}.checkpoint`;

export interface CompareOptions {
  /** Read and verified; `file` is what the user called them. */
  readonly packs: readonly { readonly file: string; readonly pack: Pack }[];
  /** Names, all of them known. */
  readonly baselines: readonly string[];
  readonly fleet: FleetSpec;
  readonly scenarios: number;
  readonly seed: string;
  readonly tier: SimulationTier;
  readonly threads: number;
  /** At which the packs heal, each at all of them; left out, each at the one it was bred at. */
  readonly levels?: readonly Level[];
  /** Where finished trials are kept, and taken from when it is there: see trial-ledger.ts. */
  readonly resumeFile?: string;
  /** Given, at the end, what a report is written from. */
  readonly keep?: (evidence: CompareEvidence) => void;
}

export interface CompareProgress {
  /** Trials. */
  readonly done: number;
  readonly total: number;
}

export type SimulatedStrategy =
  | { readonly kind: 'pack'; readonly file: string; readonly pack: Pack; readonly level?: Level }
  | { readonly kind: 'baseline'; readonly name: string }
  | { readonly kind: 'oracle' };

export interface SimulateOptions {
  readonly strategy: SimulatedStrategy;
  readonly fleet: FleetSpec;
  readonly scenarioSeed: string;
  readonly tier: SimulationTier;
  /** Whether `trace` is wanted: it costs time and memory. */
  readonly traced: boolean;
}

/** One scenario, one strategy. `simulate --json` prints it without the trace. */
export interface SimulateResult {
  readonly fleet: string;
  readonly strategy: string;
  /** As every table says it: `fluid` or `requests`. */
  readonly tier: Comparison['tier'];
  readonly scenarioSeed: string;
  readonly lostUserMinutes: number;
  /** Share of entry requests answered well and in time. */
  readonly availability: number;
  /** Null when nothing had to recover. */
  readonly timeToRecoverS: { readonly mean: number | null; readonly p95: number | null };
  readonly actions: number;
  readonly collateral: number;
  /** Sent between agents. */
  readonly messages: number;
  readonly replicaHours: number;
  readonly unrecovered: number;
  readonly incidents: readonly SimulatedIncident[];
  /** Everything that happened, in order; empty unless `traced`. */
  readonly trace: readonly Readonly<Record<string, unknown>>[];
}

export interface SimulatedIncident {
  readonly kind: string;
  readonly service: string;
  readonly atS: number;
  /** When its cause was gone and the state right; null when it was still there at the end. */
  readonly recoveredAtS: number | null;
  /** When the fleet served its users again for good while it lasted; its onset when they never noticed. */
  readonly servingAtS: number;
}

/** What does the work, as the command line calls it. Tests hand in their own. */
export interface Runners {
  /** Names of the search engines; the first is the default. */
  engines(): Promise<readonly string[]>;
  /** Names of the strategies people run today. */
  baselines(): Promise<readonly string[]>;
  evolve(options: EvolveOptions, hooks: EvolveHooks): Promise<EvolveResult>;
  compare(options: CompareOptions, onProgress: (progress: CompareProgress) => void): Promise<Comparison>;
  simulate(options: SimulateOptions): Promise<SimulateResult>;
  /** The runbook of a pack, in words. */
  explain(pack: Pack): Promise<string>;
  /** Throws a `HealixError` when no report can be made here; asked before the work that it would be about. */
  checkReport(): Promise<void>;
  /** A run as one page: its text. */
  report(request: ReportRequest, hooks: ReportHooks): Promise<string>;
}
