/** Real runs on a fleet of two services, small enough to report on within a test. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticFleet } from '../../bench/synthetic-fleet.ts';
import type { CompareEvidence, EvolutionEvidence, ReportRequest } from '../../src/report/evidence.ts';
import { makeReport } from '../../src/report/report.ts';
import { runCompare } from '../../src/run-compare.ts';
import { runEvolve } from '../../src/run-evolve.ts';
import type { EvolveHooks, EvolveOptions } from '../../src/run-types.ts';
import type { Comparison } from '../../strategies/pack.ts';

export const fleet = syntheticFleet({ layers: [1, 1], ratePerS: 20 });

export function evolveOptions(name: string, threads: number): EvolveOptions {
  return {
    fleets: [fleet],
    seed: 'report <test> & "quotes"',
    out: join(tmpdir(), `healix-report-${process.pid}-${name}.pack.json`),
    threads,
    generations: 3,
    population: 8,
    scenarios: 6,
    refereeTrials: { finalist: 0, champion: 2 },
    engine: 'healix-ga',
    command: 'healix evolve --fleet synthetic.yaml --seed report',
  };
}

export const quiet = (signal = new AbortController().signal): EvolveHooks => ({ onProgress: () => {}, signal });

export async function evolveRequest(
  options: EvolveOptions,
  hooks = quiet(),
): Promise<Extract<ReportRequest, { kind: 'evolve' }>> {
  let evidence: EvolutionEvidence | undefined;
  const { pack, refereed } = await runEvolve({ ...options, keep: (kept) => (evidence = kept) }, hooks);
  return { kind: 'evolve', pack, evidence: evidence!, refereed, threads: options.threads, geneTrials: 20 };
}

export async function compareRequest(
  pack: Extract<ReportRequest, { kind: 'evolve' }>['pack'],
  baselines: readonly string[],
): Promise<{ request: Extract<ReportRequest, { kind: 'compare' }>; comparison: Comparison }> {
  const evidence: CompareEvidence[] = [];
  const comparison = await runCompare(
    {
      packs: [{ file: 'a.pack.json', pack }],
      baselines,
      fleet,
      scenarios: 6,
      seed: 'report',
      tier: 'fluid',
      threads: 0,
      keep: (kept) => evidence.push(kept),
    },
    () => {},
  );
  return {
    request: { kind: 'compare', evidence, command: 'healix compare --pack a.pack.json', threads: 0, geneTrials: 20 },
    comparison,
  };
}

export const reportOf = (request: ReportRequest): Promise<string> => makeReport(request, { onProgress: () => {} });
