/** Faults that meet: pairs, root causes with their victims, a service that never heals beside others, and everything at once. */
import seedrandom from 'seedrandom';
import { afterEach, describe, expect, it } from 'vitest';
import { DEMO_FAULTS, type DemoFault } from '../../src/demo/faults.ts';
import { mostInFlight, worstTenMinutes } from '../runtime/audit.ts';
import { endOf } from '../runtime/demo-end.ts';
import { type DemoRun, startDemo } from '../runtime/demo-run.ts';
import { patiently } from '../tools/patiently.ts';

/** PAIRS: how many pairs, drawn by SEED; all of them unless told. */
const { PAIRS = '1000', SEED = 'long' } = process.env;
let run: DemoRun | null = null;

/** For two at once, of which one may hide the other. */
const PAIR_MS = 180_000;
/** Actions that start processes, one replica each here. */
const STARTS: ReadonlySet<string> = new Set(['restart', 'rollback', 'repair-config']);

afterEach(async () => {
  await run?.close();
  run = null;
});

const KILL: DemoFault = DEMO_FAULTS[0]!;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const restartsOf = (of: DemoRun, service: string, sinceMs = 0): number =>
  of.acted(service, sinceMs).filter(({ kind }) => kind === 'restart').length;

function drawPairs(count: number): [DemoFault, DemoFault][] {
  const random = seedrandom(SEED);
  const all = DEMO_FAULTS.flatMap((a, at) => DEMO_FAULTS.slice(at + 1).map((b): [DemoFault, DemoFault] => [a, b]));
  return Array.from({ length: Math.min(count, all.length) }, () => {
    return all.splice(Math.floor(random() * all.length), 1)[0]!;
  });
}

describe('two faults at once in services that call each other', () => {
  it.each(drawPairs(Number(PAIRS)).map(([a, b]): [string, DemoFault, DemoFault] => [`${a.name}, ${b.name}`, a, b]))(
    `${SEED}: %s`,
    async (_, a, b) => {
      run = await startDemo({ areAlone: false });
      const now = run;
      const ends = await Promise.all([a, b].map(async (fault) => endOf(now, fault, await now.strike(fault), PAIR_MS)));
      for (const { fault, end, tookS, actions } of ends)
        console.log(`${fault}: ${end} after ${tookS.toFixed(1)} s: ${actions.join(', ')}`);
      expect(ends.filter(({ end }) => end === 'neither')).toEqual([]);
    },
  );
});

describe('a service that is down for long', () => {
  it('is not paid for by those that call it: they are not restarted in a loop', async () => {
    run = await startDemo({ areAlone: false });
    const now = run;
    await now.runtime.order('payment', 'pause');
    const { atMs } = await now.strike(KILL, 'payment');
    await pause(90_000);
    for (const service of ['checkout', 'shop']) expect(restartsOf(now, service, atMs), service).toBeLessThanOrEqual(2);
    await now.runtime.order('payment', 'resume');
    await patiently('the shop is well again', () => now.isWell('shop'));
  });

  it('and slow is cured where it is slow', async () => {
    run = await startDemo({ areAlone: false });
    const now = run;
    const slow = DEMO_FAULTS.find(({ name }) => name === 'slow dependency')!;
    const struck = await now.strike(slow);
    expect(await endOf(now, slow, struck)).toMatchObject({ end: 'cured' });
    await patiently('the shop is well again', () => now.isWell('shop'));
    for (const service of ['cart', 'shop'])
      expect(restartsOf(now, service, struck.atMs), service).toBeLessThanOrEqual(2);
  });
});

describe('a service that ends again and again', () => {
  it('does not keep the others from being healed in their usual time', async () => {
    run = await startDemo({ areAlone: true, more: { looper: 'payment' } });
    const now = run;
    let last = 0;
    const again = setInterval(() => {
      const pid = now.pid('looper');
      if (pid !== null && pid !== last) {
        last = pid;
        process.kill(pid, 'SIGKILL');
      }
    }, 100);
    try {
      const times: number[] = [];
      for (const service of ['stock', 'store', 'cart', 'payment', 'checkout']) {
        const { tookS, end } = await endOf(now, { ...KILL, service }, await now.strike(KILL, service));
        expect(end, service).toBe('cured');
        times.push(tookS);
      }
      console.log(`healed beside it after ${times.map((time) => `${time.toFixed(1)} s`).join(', ')}`);
      // A look every 3 s, a circuit that opens for 3 s and is tried for two windows, a start of some seconds.
      expect(Math.max(...times)).toBeLessThan(30);
      expect(restartsOf(now, 'looper')).toBeGreaterThan(0);
    } finally {
      clearInterval(again);
    }
  });

  it('is treated after ever longer waits', async () => {
    run = await startDemo({ areAlone: true });
    const now = run;
    let last = 0;
    const again = setInterval(() => {
      const pid = now.pid('payment');
      if (pid !== null && pid !== last) {
        last = pid;
        process.kill(pid, 'SIGKILL');
      }
    }, 100);
    try {
      await pause(150_000);
    } finally {
      clearInterval(again);
    }
    // A circuit in front of it, and a call to the person on duty, may go with any treatment.
    const treated = now.acted('payment').filter(({ kind }) => kind !== 'circuit-break' && kind !== 'escalate');
    const gaps = treated.slice(1).map(({ atMs }, at) => atMs - treated[at]!.atMs);
    const told = treated.map(({ kind }, at) => (at === 0 ? kind : `${(gaps[at - 1]! / 1000).toFixed(1)} s, ${kind}`));
    console.log(`treatments and the waits between: ${told.join(', ')}`);
    expect(gaps.length).toBeGreaterThanOrEqual(2);
    for (const [at, gap] of gaps.slice(1).entries()) expect(gap).toBeGreaterThan(1.5 * gaps[at]!);
  });
});

describe('every service failing at once, again and again', () => {
  it('never costs more restarts or more at once than the guard allows', async () => {
    const guard = { restartsPer10Min: 3, inFlight: 2 };
    run = await startDemo({ areAlone: false, guard });
    const now = run;
    for (const endMs = Date.now() + 150_000; Date.now() < endMs; await pause(2000))
      for (const service of now.services) {
        const pid = now.pid(service);
        if (pid !== null) process.kill(pid, 'SIGKILL');
      }
    const entries = await now.end();
    const intents = entries.flatMap((entry) => (entry.kind === 'intent' ? [entry] : []));
    const restarts = intents
      .map(({ action }) => action)
      .filter(({ kind }) => kind === 'restart' || kind === 'rollback');
    const most = mostInFlight(entries);
    console.log(`${restarts.length} restarts of ${now.services.length} services, at most ${most} at once`);
    expect(restarts.length).toBeGreaterThan(now.services.length);
    expect(worstTenMinutes(restarts)).toBeLessThanOrEqual(guard.restartsPer10Min);
    expect(most).toBeLessThanOrEqual(guard.inFlight);
    for (const id of now.services) {
      const starts = entries.filter((entry) => entry.kind === 'process' && entry.process.service === id).length;
      const allowed = intents.filter(({ service, action }) => service === id && STARTS.has(action.kind)).length;
      expect(starts, id).toBeLessThanOrEqual(1 + allowed);
    }
  });
});
