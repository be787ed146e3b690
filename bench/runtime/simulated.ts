/** The contenders of the real fleet in the simulator, every request by itself: on the same faults, and on faults as they come. */

import seedrandom from 'seedrandom';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrialOn } from '../../sim/tiers.ts';
import { healerOf } from '../../src/contenders.ts';
import { kendallTau } from '../../src/disagreement.ts';
import { loadFleet } from '../../src/fleets.ts';
import { lostOf } from './results.ts';
import { simulatedAs } from './rivals.ts';
import type { Run } from './runs-ledger.ts';
import { drawSchedule } from './schedule.ts';
import { BLOCK, drawBlocks, type Interval, meanOf, quantile } from './statistics.ts';
import { twinOf } from './twin.ts';

/** A contender's losses: in each simulated trial, and in reality. */
export interface Simulated {
  readonly contender: string;
  /** Lost user-minutes, in the same trials for all. */
  readonly lostUserMinutes: readonly number[];
  readonly availability: number;
  /** Of its real runs, on the seeds that all contenders have. */
  readonly realLost: number;
  readonly realAvailability: number;
}

export interface Agreement {
  readonly kendallTau: Interval;
  /** Mean absolute difference of simulated and real availability. */
  readonly availabilityError: number;
  readonly contenders: readonly Simulated[];
}

const TWIN_TRIALS = 8;
const USUAL_TRIALS = 24;
const RESAMPLES = 1000;

interface Trial {
  readonly lostUserMinutes: number;
  readonly availability: number;
}

/** The same schedules as in reality, with several draws of the noise. */
export function agreementOnTwins(runs: readonly Run[], contenders: readonly string[]): Agreement {
  const plan = planFleet(loadFleet('demo').fleet);
  return agreement(runs, contenders, (seeds, lengthMs) =>
    seeds.flatMap((seed) => {
      const schedule = drawSchedule(seed, lengthMs);
      return Array.from({ length: TWIN_TRIALS }, (_, trial) =>
        twinOf(plan, schedule, lengthMs, `${seed}/twin/${trial}`),
      );
    }),
  );
}

/** Hours as the simulator draws them for everybody: other faults, other gaps. */
export function agreementOnUsual(runs: readonly Run[], contenders: readonly string[]): Agreement {
  const plan = planFleet(loadFleet('demo').fleet);
  return agreement(runs, contenders, () =>
    Array.from({ length: USUAL_TRIALS }, (_, trial) => drawScenario(plan, scenarioSeed('runtime', 'test', trial))),
  );
}

function agreement(
  runs: readonly Run[],
  wanted: readonly string[],
  scenariosFor: (seeds: readonly string[], lengthMs: number) => readonly ReturnType<typeof drawScenario>[],
): Agreement {
  const plan = planFleet(loadFleet('demo').fleet);
  const contenders = wanted.filter((name) => simulatedAs(name) !== null && runs.some((run) => run.contender === name));
  const seeds = [...new Set(runs.map(({ seed }) => seed))]
    .filter((seed) => contenders.every((name) => runs.some((run) => run.contender === name && run.seed === seed)))
    .sort();
  const real = contenders.map((name) =>
    seeds.map((seed) => runs.find((run) => run.contender === name && run.seed === seed)!),
  );
  const scenarios = scenariosFor(seeds, runs[0]!.record.lengthMs);
  const trials = contenders.map((name) => {
    const healer = healerOf(simulatedAs(name)!);
    return scenarios.map((scenario): Trial => runTrialOn('requests', plan, scenario, healer));
  });
  const rows = contenders.map((contender, at): Simulated => {
    const asked = real[at]!.reduce((sum, run) => sum + askedOf(run), 0);
    const realLost = real[at]!.reduce((sum, run) => sum + lostOf(run), 0);
    return {
      contender,
      lostUserMinutes: trials[at]!.map(({ lostUserMinutes }) => lostUserMinutes),
      availability: meanOf(trials[at]!.map(({ availability }) => availability)),
      realLost,
      realAvailability: 1 - realLost / asked,
    };
  });
  return {
    kendallTau: tauInterval(rows, real),
    availabilityError: meanOf(
      rows.map(({ availability, realAvailability }) => Math.abs(availability - realAvailability)),
    ),
    contenders: rows,
  };
}

function askedOf({ record }: Run): number {
  return record.quiet.asked + record.faults.reduce((sum, { asked }) => sum + asked, 0);
}

/** Simulated trials are drawn anew, and so are real faults in their stretches; for all contenders the same. */
function tauInterval(rows: readonly Simulated[], real: readonly (readonly Run[])[]): Interval {
  const value = kendallTau(
    rows.map(({ lostUserMinutes }) => meanOf(lostUserMinutes)),
    rows.map(({ realLost }) => realLost),
  );
  const random = seedrandom('healix runtime agreement');
  const trials = rows[0]?.lostUserMinutes.length ?? 0;
  const drawn: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    const picked = Array.from({ length: trials }, () => Math.floor(random() * trials));
    const places = (real[0] ?? []).map(({ record }) => drawBlocks(record.faults.length, BLOCK, random));
    const tau = kendallTau(
      rows.map(({ lostUserMinutes }) => meanOf(picked.map((trial) => lostUserMinutes[trial]!))),
      real.map((runs) =>
        runs.reduce(
          (sum, { record }, run) =>
            sum +
            record.quiet.lost +
            places[run]!.reduce((total, place) => total + (record.faults[place]?.lost ?? 0), 0),
          0,
        ),
      ),
    );
    if (!Number.isNaN(tau)) drawn.push(tau);
  }
  drawn.sort((a, b) => a - b);
  return { value, ci95: [quantile(drawn, 0.025), quantile(drawn, 0.975)] };
}
