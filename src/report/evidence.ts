/** What a run hands over so that a report can be written of it. Plain data: the same run, the same evidence. */
import type { Genome } from '../../strategies/gene.ts';
import type { Comparison, Pack } from '../../strategies/pack.ts';
import type { ContestEvidence } from '../contest-evidence.ts';
import type { GenerationRecord } from '../evolve/checkpoint.ts';

/** What `evolve` knows beside its pack. */
export interface EvolutionEvidence {
  readonly history: readonly GenerationRecord[];
  /** Who was left at the end of the final race, best first; the champion is one of them. */
  readonly finalists: readonly Genome[];
  /** One per fleet. */
  readonly contests: readonly ContestEvidence[];
}

/** One comparison on one tier, and the packs behind its contenders, by name. */
export interface CompareEvidence {
  readonly contest: ContestEvidence;
  readonly packs: ReadonlyMap<string, Pack>;
}

export type ReportRequest =
  | {
      readonly kind: 'evolve';
      readonly pack: Pack;
      readonly evidence: EvolutionEvidence;
      /** What the referee says, one per fleet; empty when it was not asked. */
      readonly refereed: readonly Comparison[];
      readonly threads: number;
      /** Trials spent on which genes matter; follows from the run unless said. */
      readonly geneTrials?: number;
    }
  | {
      readonly kind: 'compare';
      /** One per tier. */
      readonly evidence: readonly CompareEvidence[];
      /** Makes the same report again; without folders. */
      readonly command: string;
      readonly threads: number;
      /** Trials spent on which genes matter; follows from the run unless said. */
      readonly geneTrials?: number;
    };

export interface ReportHooks {
  /** Trials that only the report needs. */
  readonly onProgress: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}
