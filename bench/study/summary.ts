/** From finished runs to what is reported: a pure function, so that anybody can check it. */
import type { Line } from './lines.ts';
import { holm, mannWhitney, quantile } from './ranks.ts';
import type { Job, Stage } from './stages.ts';
import { REFERENCE, VARIANTS } from './variants.ts';

export interface Results {
  readonly healix: string;
  readonly node: string;
  readonly horizonS: number;
  readonly testScenarios: number;
  readonly stages: readonly { readonly name: string; readonly wanted: number; readonly done: number }[];
  /** The lowest cost that any champion of a fleet had on the test scenarios, and which run's it was. */
  readonly bestKnown: readonly {
    readonly fleet: string;
    readonly quality: number;
    readonly variant: string;
    readonly trials: number;
  }[];
  readonly groups: readonly Group[];
}

/** All variants on one fleet with one budget. */
export interface Group {
  readonly fleet: string;
  readonly trials: number;
  readonly variants: readonly Standing[];
}

export interface Standing {
  readonly name: string;
  readonly kind: 'engine' | 'ablation';
  readonly seeds: number;
  readonly quartiles: readonly [number, number, number];
  /** Median regret to the best known of the fleet; `unraced` without the final race. */
  readonly regret: number;
  readonly unraced: number;
  /** Medians after a quarter, half, three quarters and all of the run. */
  readonly onTheWay: readonly number[];
  /** Champions that are one of the strategies the search began with. */
  readonly handWritten: number;
  readonly spent: number;
  readonly seconds: number;
  /** Two-sided, against healix-ga, adjusted for the tests of the same kind in this group; `null` for healix-ga itself. */
  readonly p: number | null;
}

export function summarise(
  lines: readonly Line[],
  stages: readonly Stage[],
  about: Pick<Results, 'healix' | 'node' | 'horizonS' | 'testScenarios'>,
): Results {
  const fleets = [...new Set(lines.map(({ fleet }) => fleet))].sort();
  const bestKnown = fleets.map((fleet) => {
    const best = lines.filter((line) => line.fleet === fleet).reduce((a, b) => (b.quality < a.quality ? b : a));
    return { fleet, quality: best.quality, variant: best.variant, trials: best.trials };
  });
  const groups = fleets.flatMap((fleet) => {
    const own = lines.filter((line) => line.fleet === fleet);
    const best = bestKnown.find((known) => known.fleet === fleet)!.quality;
    const budgets = [...new Set(own.map(({ trials }) => trials))].sort((a, b) => a - b);
    return budgets.map((trials) =>
      groupOf(
        own.filter((line) => line.trials === trials),
        fleet,
        trials,
        best,
      ),
    );
  });
  return {
    ...about,
    stages: stages.map(({ name, jobs }) => ({
      name,
      wanted: jobs.length,
      done: jobs.filter((job) => lines.some((line) => same(line, job))).length,
    })),
    bestKnown,
    groups,
  };
}

function groupOf(lines: readonly Line[], fleet: string, trials: number, best: number): Group {
  const of = (name: string): Line[] => lines.filter((line) => line.variant === name);
  const qualities = (name: string): number[] => of(name).map(({ quality }) => quality);
  const present = VARIANTS.filter(({ name }) => of(name).length > 0);
  const adjusted = new Map<string, number>();
  for (const kind of ['engine', 'ablation'] as const) {
    const rivals = present.filter((variant) => variant.kind === kind && variant.name !== REFERENCE);
    const ps = holm(rivals.map(({ name }) => mannWhitney(qualities(name), qualities(REFERENCE))));
    rivals.forEach(({ name }, index) => {
      adjusted.set(name, ps[index]!);
    });
  }
  const variants = present.map(({ name, kind }): Standing => {
    const runs = of(name);
    const median = (value: (line: Line) => number): number => quantile(runs.map(value), 0.5);
    const at = (share: number): number => quantile(qualities(name), share);
    return {
      name,
      kind,
      seeds: runs.length,
      quartiles: [at(0.25), at(0.5), at(0.75)],
      regret: at(0.5) - best,
      unraced: median(({ unraced }) => unraced) - best,
      onTheWay: runs[0]!.onTheWay.map((_, index) => median(({ onTheWay }) => onTheWay[index]!.quality)),
      handWritten: runs.filter(({ handWritten }) => handWritten).length,
      spent: Math.round(median(({ spent }) => spent)),
      seconds: Math.round(median(({ seconds }) => seconds)),
      p: adjusted.get(name) ?? null,
    };
  });
  return { fleet, trials, variants };
}

export function same(a: Job, b: Job): boolean {
  return a.variant === b.variant && a.fleet === b.fleet && a.trials === b.trials && a.seed === b.seed;
}
