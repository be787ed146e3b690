/** Real processes, broken in every way that the demo knows, under the shipped pack; and services that no restart helps. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEMO_FAULTS } from '../../src/demo/faults.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import type { HistoryRow } from '../../src/runtime/history.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { makeStrategy } from '../heal/signals.ts';
import { endOf } from './demo-end.ts';
import { startDemo } from './demo-run.ts';
import { ask, makeSite, until } from './harness.ts';

describe.concurrent('a real service under the shipped pack', () => {
  it('is cured of each fault that the demo knows, or a human is called', async () => {
    const run = await startDemo({ areAlone: true });
    try {
      const ends = await Promise.all(DEMO_FAULTS.map(async (fault) => endOf(run, fault, await run.strike(fault))));
      for (const { fault, end, tookS, actions } of ends)
        console.log(`${fault}: ${end} after ${tookS.toFixed(1)} s: ${actions.join(', ')}`);
      expect(ends.filter(({ end }) => end === 'neither')).toEqual([]);
      expect(ends.filter(({ end }) => end === 'cured').length).toBeGreaterThanOrEqual(DEMO_FAULTS.length - 1);
      expect(ends.filter(({ actions }) => actions.length === 0)).toEqual([]);
    } finally {
      await run.close();
    }
  }, 180_000);
});

/** One small service under a strategy that is quick to act; `work` is handed the events, and the runtime's history. */
async function withOne(
  strategy: Strategy,
  work: (scene: {
    readonly folder: string;
    readonly gateway: number;
    readonly events: readonly RuntimeEvent[];
    readonly pid: () => number | null;
    readonly actions: () => Extract<HistoryRow, { kind: 'action' }>[];
  }) => Promise<void>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const site = await makeSite();
  const known = JSON.parse(readFileSync(site.config, 'utf8')) as { services: object[] };
  mkdirSync(join(site.folder, 'releases', 'v1'), { recursive: true });
  symlinkSync('v1', join(site.folder, 'releases', 'current'));
  const services = known.services.map((service) => ({ ...service, ...more }));
  writeFileSync(site.config, JSON.stringify({ ...known, services, guard: { minHealthy: 0, restartsPer10Min: 20 } }));
  const events: RuntimeEvent[] = [];
  const runtime = await startRuntime({
    config: loadConfig(site.config),
    inUse: { kind: 'strategy', name: 'test', hash: 'test', strategy },
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  const users = setInterval(() => void ask(site.gateway, '/work'), 100);
  try {
    await until('it answers', async () => (await ask(site.gateway, '/work'))?.status === 200);
    await work({
      ...{ folder: site.folder, gateway: site.gateway, events },
      pid: () => runtime.status()[0]!.replicas[0]!.pid,
      actions: () => runtime.history(100).flatMap((row) => (row.kind === 'action' ? [row] : [])),
    });
  } finally {
    clearInterval(users);
    await runtime.close({ leaveRunning: false });
    site.remove();
  }
}

const PACING = { verifyS: 0.5, cooldownS: 1, backoff: 2, cooldownMaxS: 60, attempts: 5 };
const RESTARTS = ['restart-hard', 'restart-hard', 'restart-hard'] as const;

// By itself: a call that is late because the others are busy is an error, too.
describe('a real service that starts slowly', () => {
  it('is not blamed for the calls that came before it could answer', async () => {
    const strategy = makeStrategy({
      detection: { windowS: 0.5 },
      ladders: { 'error-burst': RESTARTS },
      pacing: PACING,
    });
    const work: Parameters<typeof withOne>[1] = async ({ events, actions }) => {
      const seen = events.length;
      await until('it was looked at ten times', () => {
        return events.slice(seen).filter(({ kind }) => kind === 'signal').length >= 10;
      });
      expect(actions().map(({ atMs, cause, reason }) => `${atMs}: ${cause}, ${reason}`)).toEqual([]);
    };
    await withOne(strategy, work, { env: { PORT: '{port}', DELAY_MS: '3000' } });
  }, 240_000);
});

describe.concurrent('a real service that no restart helps', () => {
  it('climbs its ladder: restart, fallen short, then the configuration, which helps', async () => {
    const ladder = ['restart-graceful', 'repair-config', 'escalate'] as const;
    const strategy = makeStrategy({
      detection: { windowS: 0.5, configSuspectS: 0 },
      ladders: { 'error-burst': ladder },
      pacing: PACING,
    });
    await withOne(strategy, async ({ folder, gateway, actions }) => {
      writeFileSync(join(folder, 'config.json'), '{"size": ');
      await until('it is well again', async () => {
        const isDone = actions().some(({ action, result }) => action === 'repair-config' && result === 'done');
        return isDone && (await ask(gateway, '/work'))?.status === 200;
      });
      const rungs = actions().map(({ action, cause, result }) => [action, cause, result]);
      expect(rungs.slice(0, 2)).toEqual([
        ['restart', 'error-burst', 'done'],
        ['repair-config', 'error-burst', 'done'],
      ]);
    });
  }, 240_000);

  it('is given up with a call for a human when the ladder is at its end, and not restarted for ever', async () => {
    const strategy = makeStrategy({
      detection: { windowS: 0.5, configSuspectS: 0 },
      ladders: { 'error-burst': ['restart-graceful', 'escalate', 'wait'] },
      pacing: PACING,
    });
    await withOne(strategy, async ({ folder, events, actions }) => {
      for (const name of ['config.json', 'good/config.json']) writeFileSync(join(folder, name), '{"size": ');
      await until('a human is called', () => events.some(({ kind }) => kind === 'escalated'));
      await until('it is in the history', () => actions().length >= 2);
      expect(actions().map(({ action }) => action)).toEqual(['restart', 'escalate']);
    });
  }, 240_000);

  it('climbs past a rollback that has nothing to go back to, and is started again', async () => {
    const ladder = ['rollback', 'restart-hard', 'restart-hard'] as const;
    const strategy = makeStrategy({
      detection: { windowS: 0.5 },
      ladders: { unresponsive: ladder, 'crash-loop': ladder },
      pacing: { ...PACING, cooldownS: 600, cooldownMaxS: 600 },
    });
    const work: Parameters<typeof withOne>[1] = async ({ pid, gateway, actions }) => {
      process.kill(pid()!, 'SIGKILL');
      await until('another process answers', async () => {
        return actions().length > 1 && (await ask(gateway, '/work'))?.status === 200;
      });
      // It answers before its start is known to have ended.
      await until('its start has ended', () => actions().every(({ result }) => result !== 'open'));
      expect(actions().map(({ action, result }) => [action, result])).toEqual([
        ['rollback', 'unsupported'],
        ['restart', 'done'],
      ]);
    };
    await withOne(strategy, work, { releases: { folder: 'releases', current: 'current', previous: 'v1' } });
  }, 240_000);

  it('that ends again and again is restarted after ever longer waits', async () => {
    const strategy = makeStrategy({
      detection: { windowS: 0.5, clear: 1000 },
      ladders: { unresponsive: RESTARTS, 'crash-loop': RESTARTS },
      pacing: PACING,
    });
    await withOne(strategy, async ({ pid, events, actions }) => {
      let last = 0;
      const restarts = () => actions().filter(({ action }) => action === 'restart');
      await until('it was restarted four times', () => {
        const now = pid();
        if (now !== null && now !== last && restarts().length < 4) {
          last = now;
          process.kill(now, 'SIGKILL');
        }
        return restarts().length >= 4;
      });
      const times = events.flatMap((event) =>
        event.kind === 'decided' && event.action.kind === 'restart' ? [event.action.atMs] : [],
      );
      const gaps = times.slice(1).map((atMs, at) => atMs - times[at]!);
      // The waits are 1, 2 and 4 s; a look may come half a second late.
      for (const [at, gap] of gaps.slice(0, 3).entries()) expect(gap).toBeGreaterThanOrEqual(1000 * 2 ** at);
    });
  }, 240_000);
});
