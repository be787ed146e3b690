/** What the runs of a campaign say of each contender, with intervals. Pure. */

import type { KindRow } from './report.ts';
import { EVOLVED } from './rivals.ts';
import type { Run } from './runs-ledger.ts';
import { PEOPLE_AFTER_MS, STRUCK_KINDS } from './schedule.ts';
import { blockBootstrap, type Interval, meanOf, quantile } from './statistics.ts';
import type { FaultTally } from './tally.ts';

export interface Standing {
  readonly contender: string;
  readonly version: string;
  readonly runs: number;
  /** Share of the shop's users served; those that got a canned answer count by its harm. */
  readonly availability: Interval;
  /** This contender's availability minus the evolved pack's, on the same faults; null for the evolved pack itself. */
  readonly against: Interval | null;
  /** Seconds by which it was right again later than the evolved pack, on average over the same faults; null as above. */
  readonly later: Interval | null;
  /** Seconds from a strike until the service was as it should be; when people had to come, theirs. */
  readonly timeToRecoverS: { readonly mean: Interval; readonly p95: Interval };
  /** Seconds from a strike until the shop's users were served again; when they never were, until the end of the run. */
  readonly timeToServeS: { readonly mean: Interval; readonly p95: Interval };
  readonly faults: number;
  /** Repaired by people, or not at all. */
  readonly neverRecovered: number;
  readonly restarts: number;
  readonly collateral: number;
  /** Users that got a canned answer. */
  readonly canned: number;
  readonly asked: number;
  readonly lost: number;
  /** Means over its runs. */
  readonly machine: { readonly busy: number; readonly stolen: number; readonly lagP99Ms: number };
}

const SEED = 'healix runtime bench';

/** One per contender, in the given order; those without a run are left out. Only seeds that every contender has are compared. */
export function standingsOf(runs: readonly Run[], contenders: readonly string[]): Standing[] {
  const own = (contender: string): Run[] =>
    runs.filter((run) => run.contender === contender).toSorted((a, b) => (a.seed < b.seed ? -1 : 1));
  const evolved = own(EVOLVED);
  return contenders.flatMap((contender) => {
    const mine = own(contender);
    return mine.length === 0 ? [] : [standing(contender, mine, evolved)];
  });
}

function standing(contender: string, runs: readonly Run[], evolved: readonly Run[]): Standing {
  const faults = runs.map(({ record }) => record.faults);
  const sizes = faults.map(({ length }) => length);
  const { lengthMs } = runs[0]!.record;
  const over = (statistic: (picked: readonly FaultTally[]) => number): Interval =>
    blockBootstrap(
      sizes,
      (places) => statistic(places.flatMap((list, run) => list.map((place) => faults[run]![place]!))),
      SEED,
    );
  const others = runs.map(({ seed }) => evolved.find((run) => run.seed === seed));
  const isPaired = others.every((other) => other !== undefined) && contender !== EVOLVED;
  const sum = (pick: (run: Run) => number): number => runs.reduce((total, run) => total + pick(run), 0);
  return {
    contender,
    version: runs[0]!.version,
    runs: runs.length,
    availability: blockBootstrap(sizes, (places) => servedShare(runs, places), SEED),
    against: isPaired
      ? blockBootstrap(sizes, (places) => servedShare(runs, places) - servedShare(others as Run[], places), SEED)
      : null,
    later: isPaired ? blockBootstrap(sizes, (places) => meanOf(delays(runs, others as Run[], places)), SEED) : null,
    timeToRecoverS: {
      mean: over((picked) => meanOf(recoveries(picked))),
      p95: over((picked) => late(recoveries(picked))),
    },
    timeToServeS: {
      mean: over((picked) => meanOf(servings(picked, lengthMs))),
      p95: over((picked) => late(servings(picked, lengthMs))),
    },
    faults: faults.flat().filter(({ isStruck }) => isStruck).length,
    neverRecovered: faults.flat().filter((fault) => fault.isStruck && !isHealed(fault)).length,
    restarts: sum(({ record }) => record.restarts),
    collateral: sum(({ record }) => record.collateral),
    canned: sum(({ record }) => record.quiet.canned + record.faults.reduce((total, { canned }) => total + canned, 0)),
    asked: sum(({ record }) => record.quiet.asked + record.faults.reduce((total, { asked }) => total + asked, 0)),
    lost: sum(lostOf),
    machine: {
      busy: meanOf(runs.map(({ machine }) => machine.busy)),
      stolen: meanOf(runs.map(({ machine }) => machine.stolen)),
      lagP99Ms: meanOf(runs.map(({ machine }) => machine.lagP99Ms)),
    },
  };
}

/** How each contender fared with each kind of fault. */
export function kindsOf(runs: readonly Run[], contenders: readonly string[]): KindRow[] {
  return contenders.map((contender) => {
    const faults = runs.filter((run) => run.contender === contender).flatMap(({ record }) => record.faults);
    return {
      contender,
      kinds: Object.fromEntries(
        STRUCK_KINDS.map((kind) => {
          const some = faults.filter((fault) => fault.kind === kind && fault.isStruck);
          const never = some.filter((fault) => !isHealed(fault)).length;
          return [kind, { meanS: meanOf(recoveries(some)), never, faults: some.length }];
        }),
      ),
    };
  });
}

export function lostOf({ record }: Run): number {
  return record.quiet.lost + record.faults.reduce((total, { lost }) => total + lost, 0);
}

const isHealed = ({ rightAfterMs, byPeople }: FaultTally): boolean => rightAfterMs !== null && !byPeople;

/** Of the quiet beginnings and the stretches of the faults that were picked. */
function servedShare(runs: readonly Run[], places: readonly (readonly number[])[]): number {
  let asked = 0;
  let lost = 0;
  runs.forEach(({ record }, run) => {
    asked += record.quiet.asked;
    lost += record.quiet.lost;
    for (const place of places[run]!) {
      const fault = record.faults[place];
      asked += fault?.asked ?? 0;
      lost += fault?.lost ?? 0;
    }
  });
  return asked === 0 ? Number.NaN : 1 - lost / asked;
}

/** Fault by fault, what struck both of them. */
function delays(runs: readonly Run[], others: readonly Run[], places: readonly (readonly number[])[]): number[] {
  return runs.flatMap(({ record }, run) =>
    places[run]!.flatMap((place) => {
      const [own] = recoveries([record.faults[place]!]);
      const [other] = recoveries([others[run]!.record.faults[place]!]);
      return own === undefined || other === undefined ? [] : [own - other];
    }),
  );
}

/** What was never right again counts as if people had come when they do. */
function recoveries(faults: readonly FaultTally[]): number[] {
  return faults.flatMap(({ isStruck, rightAfterMs }) => (isStruck ? [(rightAfterMs ?? PEOPLE_AFTER_MS) / 1000] : []));
}

function servings(faults: readonly FaultTally[], lengthMs: number): number[] {
  return faults.flatMap(({ isStruck, servedAfterMs, atMs }) =>
    isStruck ? [(servedAfterMs ?? lengthMs - atMs) / 1000] : [],
  );
}

const late = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.95,
  );
