/** Tier 2 against queueing theory: every closed form within three standard errors of batch means, warm-up removed. */
import { describe, expect, it } from 'vitest';
import { retryAmplification, sojournMmc, stationEquilibrium } from '../../sim/closed-forms.ts';
import { derive } from '../../sim/derive.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import { newUserRate } from '../../sim/requests/attempts.ts';
import { followWorld, runUntil } from '../../sim/requests/run.ts';
import { auditTraffic } from '../../sim/requests/station.ts';
import { createTraffic, SECOND_US, type Traffic, touch } from '../../sim/requests/traffic.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { fixed, planOf, scenarioOf } from '../sim/harness.ts';
import { BATCHES, expectMean, WARM_UP_BATCHES } from './batch-means.ts';

const RATE = 10;

interface Batch {
  /** Mean number in system, mean time in it (seconds), share turned away, of slot 0; calls of slot 1 per user; users lost. */
  readonly number: number;
  readonly timeS: number;
  readonly turnedAway: number;
  readonly amplification: number;
  readonly lost: number;
}

/** Runs the fleet with nothing failing but what `prepare` breaks, in batches of so many users each. */
function batchesOf(plan: FleetPlan, users: number, prepare: (world: World) => void = () => {}): Batch[] {
  const world = createWorld(plan, scenarioOf([], 3600, 'theory'));
  derive(world);
  world.errorShare.fill(0);
  prepare(world);
  const traffic = createTraffic(plan, world);
  followWorld(traffic);
  newUserRate(traffic, 0);
  const batchUs = Math.round((users / plan.entryRate[0]!) * SECOND_US);
  const batches: Batch[] = [];
  let before = tally(traffic);
  for (let batch = 0; batch < WARM_UP_BATCHES + BATCHES; batch += 1) {
    runUntil(traffic, (batch + 1) * batchUs);
    const after = tally(traffic);
    const gained = after.map((value, at) => value - before[at]!) as unknown as Counts;
    before = after;
    if (batch < WARM_UP_BATCHES) continue;
    const [presentUs, stayUs, left, sent, entered, below, asked, lost] = gained;
    batches.push({
      number: presentUs / batchUs,
      timeS: stayUs / left / SECOND_US,
      turnedAway: 1 - entered / sent,
      amplification: below / asked,
      lost: lost / asked,
    });
  }
  auditTraffic(traffic);
  return batches;
}

type Counts = readonly [number, number, number, number, number, number, number, number];

function tally(traffic: Traffic): Counts {
  touch(traffic, 0);
  const { presentUs, stayUs, left, slotCalls, entered, usersDone, usersLost, plan } = traffic;
  const below = plan.slots > 1 ? slotCalls[1]! : 0;
  return [presentUs[0]!, stayUs[0]!, left[0]!, slotCalls[0]!, entered[0]!, below, usersDone[0]!, usersLost[0]!];
}

function expectWithin(batches: readonly Batch[], pick: keyof Batch, theory: number, what = ''): void {
  expectMean(
    batches.map((batch) => batch[pick]),
    theory,
    `${pick} ${what}`,
  );
}

function station(workers: number, utilisation: number, queue: number, cv = 1): FleetPlan {
  return planOf([
    {
      id: 'station',
      replicas: fixed(1),
      workers,
      serviceMs: { mean: 1000 / RATE, cv },
      queue,
      entry: { ratePerS: utilisation * workers * RATE, lateMs: 600_000 },
    },
  ]);
}

describe('a replica', () => {
  it.each([1, 2, 8, 32])('with %i workers is M/M/c: mean time and number in system', (workers) => {
    for (const utilisation of [0.5, 0.8, 0.9]) {
      const arrivals = utilisation * workers * RATE;
      const batches = batchesOf(station(workers, utilisation, 5000), 12_000);
      const timeS = sojournMmc(workers, arrivals, RATE);
      expectWithin(batches, 'timeS', timeS, `at ${utilisation}`);
      expectWithin(batches, 'number', timeS * arrivals, `at ${utilisation}`);
    }
  });

  it.each([0, 1, 4, 16])('with a queue of %i is M/M/c/K: number in system and calls turned away', (queue) => {
    for (const workers of [1, 8]) {
      for (const utilisation of [0.9, 1.2, 2]) {
        const exact = stationEquilibrium(workers, workers + queue, utilisation * workers);
        const batches = batchesOf(station(workers, utilisation, queue), 8000);
        expectWithin(batches, 'number', exact.number, `c ${workers} at ${utilisation}`);
        expectWithin(batches, 'turnedAway', exact.blocking, `c ${workers} at ${utilisation}`);
      }
    }
  });

  it.each([0, 0.5, 2])('is M/G/1 at cv %f: the wait of Pollaczek and Khinchine', (cv) => {
    for (const utilisation of [0.5, 0.8]) {
      const wait = (utilisation * (1 + cv * cv)) / (2 * RATE * (1 - utilisation));
      expectWithin(batchesOf(station(1, utilisation, 5000, cv), 20_000), 'timeS', 1 / RATE + wait, `at ${utilisation}`);
    }
  });
});

describe('calls between services', () => {
  const pair = (dependency: object): FleetPlan =>
    planOf([
      {
        id: 'caller',
        replicas: fixed(1),
        workers: 64,
        serviceMs: { mean: 1 },
        entry: { ratePerS: 50, lateMs: 600_000 },
        dependsOn: [{ service: 'callee', timeoutMs: 10_000, ...dependency }],
      },
      { id: 'callee', replicas: fixed(1), workers: 64, serviceMs: { mean: 1 } },
    ]);

  it.each([1, 2, 3, 5])('with %i attempts amplify by (1 - p^K) / (1 - p), and p^K fail', (attempts) => {
    for (const failure of [0.3, 0.5, 0.9]) {
      const batches = batchesOf(pair({ attempts }), 4000, (world) => {
        world.errorShare[1] = failure;
      });
      expectWithin(batches, 'amplification', retryAmplification(failure, attempts), `at ${failure}`);
      expectWithin(batches, 'lost', failure ** attempts, `at ${failure}`);
    }
  });

  it('fan out: of n calls with failure p each, 1 - (1 - p)^n of the users lose', () => {
    for (const calls of [1, 10, 100]) {
      const batches = batchesOf(pair({ attempts: 1, calls }), 4000, (world) => {
        world.errorShare[1] = 0.01;
      });
      expectWithin(batches, 'lost', 1 - 0.99 ** calls, `${calls} calls`);
    }
  });

  it('keep to the retry budget: a fifth more calls at most, however many fail', () => {
    const batches = batchesOf(pair({ attempts: 3, retryBudget: 0.2 }), 4000, (world) => {
      world.errorShare[1] = 1;
    });
    for (const { amplification } of batches) expect(amplification).toBeCloseTo(1.2, 2);
  });

  it('give up after the timeout, and the callee works all the same', () => {
    const plan = pair({ attempts: 2, timeoutMs: 100 });
    const batches = batchesOf(plan, 2000, (world) => {
      // A hundred times slower: a tenth of a second on average.
      world.speed[1] = 0.01;
    });
    const slow = Math.exp(-1);
    expectWithin(batches, 'lost', slow ** 2);
    expectWithin(batches, 'amplification', 1 + slow);
  });
});
