/**
 * Replicas that crash and are repaired, and a fault that comes and goes, on both tiers against closed forms: tier 2 within three
 * standard errors of batch means, tier 1 within half a percent. No fleet file knows repairers, so the world is driven by hand.
 */
import { describe, expect, it } from 'vitest';
import { availabilityKofN, availabilityUpDown, gilbertElliott, machineRepair } from '../../sim/closed-forms.ts';
import { derive } from '../../sim/derive.ts';
import { advance, dropCalls } from '../../sim/fluid/advance.ts';
import { accumulate, createFlow, unsettle } from '../../sim/fluid/flow.ts';
import { judge } from '../../sim/fluid/judge.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import { expandSeed, Stream } from '../../sim/random.ts';
import { newUserRate } from '../../sim/requests/attempts.ts';
import { followWorld, runUntil } from '../../sim/requests/run.ts';
import { auditTraffic } from '../../sim/requests/station.ts';
import { createTraffic, SECOND_US } from '../../sim/requests/traffic.ts';
import { createWorld, PHASE, type World } from '../../sim/world.ts';
import { fixed, planOf, scenarioOf } from '../sim/harness.ts';
import { BATCHES, expectMean, WARM_UP_BATCHES } from './batch-means.ts';

const USERS_PER_S = 20;
const TOLERANCE = 0.005;

/** A tier on which a world is driven by hand. */
interface Driven {
  readonly world: World;
  /** Takes over what was done to the world, whose derived state is written by `derive` or by hand. */
  follow(): void;
  runTo(atS: number): void;
  users(): { readonly done: number; readonly lost: number };
  close(): void;
}

function onRequests(plan: FleetPlan): Driven {
  const world = newWorld(plan);
  const traffic = createTraffic(plan, world);
  newUserRate(traffic, 0);
  return {
    world,
    follow: () => followWorld(traffic),
    runTo: (atS) => runUntil(traffic, Math.round(atS * SECOND_US)),
    users: () => ({ done: traffic.usersDone[0]!, lost: traffic.usersLost[0]! }),
    close: () => auditTraffic(traffic),
  };
}

function onFluid(plan: FleetPlan): Driven {
  const world = newWorld(plan);
  const flow = createFlow(plan);
  let nowS = 0;
  let stepS = 0.02;
  return {
    world,
    follow() {
      unsettle(flow, 0);
      dropCalls(flow, world, 0);
      stepS = 0.02;
    },
    runTo(atS) {
      while (nowS < atS) {
        const seconds = Math.min(stepS, atS - nowS);
        judge(flow, world);
        advance(flow, world, seconds);
        accumulate(flow, seconds);
        nowS += seconds;
        stepS *= 2;
      }
    },
    users: () => ({ done: flow.usersDone[0]!, lost: flow.usersLost[0]! }),
    close: () => {},
  };
}

function newWorld(plan: FleetPlan): World {
  const world = createWorld(plan, scenarioOf([], 3600, 'repair'));
  derive(world);
  world.errorShare.fill(0);
  return world;
}

const service = (replicas: number): FleetPlan =>
  planOf([
    {
      id: 'machines',
      replicas: fixed(replicas),
      workers: 16,
      serviceMs: { mean: 1, cv: 0 },
      entry: { ratePerS: USERS_PER_S, lateMs: 60_000 },
    },
  ]);

/** Users in all and lost, and users that came while so many replicas ran. */
interface Batch {
  done: number;
  lost: number;
  readonly byRunning: Float64Array;
}

interface Machines {
  readonly replicas: number;
  readonly repairers: number;
  readonly upS: number;
  readonly downS: number;
  /** Whether the balancer takes a crashed replica out at once; otherwise its calls are refused. */
  readonly unlisted: boolean;
}

/** Crashes and repairs at exponential times; whoever crashed first is repaired first. */
function crashAndRepair(tier: Driven, machines: Machines, batchS: number, batches: number): Batch[] {
  const { replicas, repairers, upS, downS, unlisted } = machines;
  const { world } = tier;
  const draw = new Stream().key(expandSeed('machines'), 1, replicas, repairers);
  const running = Array.from({ length: replicas }, (_, slot) => slot);
  const down: number[] = [];
  let nowS = 0;
  let before = tier.users();
  const runTo = (atS: number, batch: Batch): void => {
    tier.runTo(atS);
    nowS = atS;
    const { done, lost } = tier.users();
    batch.done += done - before.done;
    batch.lost += lost - before.lost;
    batch.byRunning[running.length]! += done - before.done;
    before = { done, lost };
  };
  return Array.from({ length: batches }, (_, number) => {
    const batch: Batch = { done: 0, lost: 0, byRunning: new Float64Array(replicas + 1) };
    const endS = (number + 1) * batchS;
    for (;;) {
      const crashes = running.length / upS;
      const repairs = Math.min(down.length, repairers) / downS;
      // What was drawn for beyond the batch's end is drawn anew, which exponential times allow.
      const atS = nowS + draw.exponential(1 / (crashes + repairs));
      if (atS >= endS) break;
      runTo(atS, batch);
      const crashed = draw.chance(crashes / (crashes + repairs));
      const slot = crashed
        ? running.splice(draw.below(running.length), 1)[0]!
        : down.splice(draw.below(Math.min(down.length, repairers)), 1)[0]!;
      (crashed ? down : running).push(slot);
      world.phase[slot] = crashed ? PHASE.dead : PHASE.up;
      if (unlisted) world.listed[slot] = crashed ? 0 : 1;
      derive(world);
      world.errorShare.fill(0);
      tier.follow();
    }
    runTo(endS, batch);
    return batch;
  });
}

const MACHINES = [
  { replicas: 4, repairers: 1, upS: 60, downS: 12 },
  { replicas: 4, repairers: 2, upS: 60, downS: 30 },
  { replicas: 6, repairers: 1, upS: 60, downS: 8 },
] as const;

describe('machine repair: so many replicas crash, so many repairers mend one at a time', () => {
  const theoryOf = ({ replicas, repairers, upS, downS }: (typeof MACHINES)[number]): number =>
    machineRepair(replicas, repairers, 1 / upS, 1 / downS).reduce(
      (sum, chance, up) => sum + (chance * up) / replicas,
      0,
    );

  it.each(MACHINES)('tier 2: $replicas replicas, $repairers repairers', (machines) => {
    const tier = onRequests(service(machines.replicas));
    const all = crashAndRepair(tier, { ...machines, unlisted: false }, 1200, WARM_UP_BATCHES + BATCHES);
    tier.close();
    const lost = all.slice(WARM_UP_BATCHES).map((batch) => batch.lost / batch.done);
    expectMean(lost, 1 - theoryOf(machines), 'lost');
  });

  it.each(MACHINES)('tier 1: $replicas replicas, $repairers repairers', (machines) => {
    const tier = onFluid(service(machines.replicas));
    const [all] = crashAndRepair(tier, { ...machines, unlisted: false }, 400_000, 1);
    const available = 1 - all!.lost / all!.done;
    expect(Math.abs(available / theoryOf(machines) - 1), `${available}`).toBeLessThan(TOLERANCE);
  });
});

describe('k of n: as many replicas as must run for a user to be served', () => {
  const FIVE: Machines = { replicas: 5, repairers: 5, upS: 60, downS: 20, unlisted: true };
  const UP = availabilityUpDown(FIVE.upS, FIVE.downS);

  /** Share of users that came while at least `k` ran; with one that does to serve them, those who were served. */
  const shareOf = (k: number, { done, lost, byRunning }: Batch): number =>
    k === 1 ? 1 - lost / done : byRunning.slice(k).reduce((sum, users) => sum + users, 0) / done;

  it('tier 2', () => {
    const tier = onRequests(service(FIVE.replicas));
    const all = crashAndRepair(tier, FIVE, 1200, WARM_UP_BATCHES + BATCHES).slice(WARM_UP_BATCHES);
    tier.close();
    for (const k of [1, 2, 3, 4, 5]) {
      const values = all.map((batch) => shareOf(k, batch));
      expectMean(values, availabilityKofN(k, FIVE.replicas, UP), `${k} of 5`);
    }
  });

  it('tier 1', () => {
    const [all] = crashAndRepair(onFluid(service(FIVE.replicas)), FIVE, 600_000, 1);
    for (const k of [1, 2, 3, 4, 5]) {
      const theory = availabilityKofN(k, FIVE.replicas, UP);
      expect(Math.abs(shareOf(k, all!) / theory - 1), `${k} of 5`).toBeLessThan(TOLERANCE);
    }
  });
});

describe('Gilbert-Elliott: a fault that comes and goes', () => {
  const TO_BAD = 1 / 9;
  const TO_GOOD = 1;
  const theory = gilbertElliott(TO_BAD, TO_GOOD, USERS_PER_S);

  /** Switches the only replica between all errors and none; `look` is called at every step of the clock. */
  function intermittent(tier: Driven, seconds: number, stepS: number, look: () => void): void {
    const draw = new Stream().key(expandSeed('intermittent'), 1, 0, 0);
    let nowS = 0;
    for (let bad = false; nowS < seconds; bad = !bad) {
      tier.world.errorShare[0] = bad ? 1 : 0;
      tier.follow();
      const untilS = Math.min(seconds, nowS + draw.exponential(1 / (bad ? TO_GOOD : TO_BAD)));
      while (nowS < untilS) {
        nowS = Math.min(untilS, nowS + stepS);
        tier.runTo(nowS);
        look();
      }
    }
  }

  it('tier 2: share of users lost, and how many are lost in a row', () => {
    const batchS = 1000;
    const tier = onRequests(service(1));
    const batches = Array.from({ length: WARM_UP_BATCHES + BATCHES }, () => ({ done: 0, lost: 0, runs: 0 }));
    let before = tier.users();
    let looks = 0;
    let wasLost = false;
    // Looks so often that hardly ever two users end between two looks: their order tells the runs.
    intermittent(tier, batches.length * batchS, 0.001, () => {
      looks += 1;
      const { done, lost } = tier.users();
      if (done === before.done) return;
      const batch = batches[Math.min(batches.length - 1, Math.floor(looks / (1000 * batchS)))]!;
      const isLost = lost > before.lost;
      batch.done += done - before.done;
      batch.lost += lost - before.lost;
      if (isLost && !wasLost) batch.runs += 1;
      wasLost = isLost;
      before = { done, lost };
    });
    tier.close();
    const counted = batches.slice(WARM_UP_BATCHES);
    expectMean(
      counted.map(({ done, lost }) => lost / done),
      theory.loss,
      'lost',
    );
    expectMean(
      counted.map(({ lost, runs }) => lost / runs),
      theory.runLength,
      'run length',
    );
  });

  it('tier 1: share of users lost', () => {
    const tier = onFluid(service(1));
    intermittent(tier, 400_000, 1e9, () => {});
    const { done, lost } = tier.users();
    expect(Math.abs((1 - lost / done) / (1 - theory.loss) - 1)).toBeLessThan(TOLERANCE);
  });
});
