/** A running healix, asked and ordered over its command line. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { HistoryRow } from '../../../src/runtime/history.ts';
import type { Lesson } from '../../../src/runtime/lesson.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { startRuntime } from '../../../src/runtime/start.ts';
import type { FleetStatus } from '../../../src/runtime/status.ts';
import { healix } from '../../cli/fakes.ts';
import { makeStrategy } from '../../heal/signals.ts';
import { ask, makeSite, type Site, until } from '../harness.ts';

const LADDER = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
const inUse = {
  kind: 'strategy' as const,
  name: 'test',
  hash: 'test',
  strategy: makeStrategy({
    detection: { windowS: 1, clear: 3 },
    ladders: { unresponsive: LADDER, 'crash-loop': LADDER, anomaly: LADDER },
  }),
};

let site: Site;
let runtime: Runtime;
const events: RuntimeEvent[] = [];

interface Settings {
  services: Record<string, unknown>[];
  [name: string]: unknown;
}
const settings = (): Settings => JSON.parse(readFileSync(site.config, 'utf8')) as Settings;
const save = (next: Settings): void => writeFileSync(site.config, JSON.stringify(next));

beforeEach(async () => {
  events.length = 0;
  site = await makeSite();
  save({ ...settings(), guard: { minHealthy: 0 } });
});

afterEach(async () => {
  await runtime.close({ leaveRunning: false });
  site.remove();
});

async function start(change: (known: Settings) => Settings = (known) => known): Promise<void> {
  save(change(settings()));
  runtime = await startRuntime({
    config: loadConfig(site.config),
    readConfig: () => loadConfig(site.config),
    inUse,
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  await until('the service answers', async () => (await ask(site.gateway, '/work'))?.status === 200);
  // Calls that came before it listened may have failed.
  await until('it is healthy', () => runtime.status().every(({ status }) => status === 'healthy'));
}

const cli = (...words: string[]) => healix([...words, '--config', site.config]);
const asJson = async <T>(...words: string[]): Promise<T> => JSON.parse((await cli(...words, '--json')).out) as T;
const pid = (status: FleetStatus): number | null => status.services[0]!.replicas[0]!.pid;

describe('a running healix', () => {
  it('tells what runs, and leaves alone what is paused', async () => {
    await start();
    expect((await cli('status')).out).toContain('test: healthy, 1 of 1 services healthy; healed by test');
    expect((await cli('pause', 'web')).out).toContain('is left alone');
    const status = await asJson<FleetStatus>('status');
    expect(status.services).toMatchObject([{ id: 'web', paused: true, circuit: 'closed' }]);
    expect((await cli('heal', 'web')).err).toContain('paused by an operator');
    expect((await cli('resume', 'web')).code).toBe(0);
    expect((await asJson<FleetStatus>('status')).services[0]!.paused).toBe(false);
  }, 240_000);

  it('heals on demand, and its history tells what came of it', async () => {
    await start();
    const before = pid(await asJson<FleetStatus>('status'));
    expect((await cli('heal', 'web')).out).toContain('restart');
    await until('another process runs', async () => {
      const now = pid(await asJson<FleetStatus>('status'));
      return now !== null && now !== before;
    });
    await until('the history says so', async () =>
      (await asJson<HistoryRow[]>('history')).some((row) => row.kind === 'action' && row.result === 'done'),
    );
    const { out } = await cli('history');
    expect(out).toContain('web 0: pid');
    expect(out).toMatch(/web( 0)?: restart because of command.*; done in/);
  }, 240_000);

  it('cuts a service off and lets calls through again', async () => {
    await start();
    expect((await cli('isolate', 'web')).out).toContain('circuit-break');
    await until('calls are refused', async () => (await ask(site.gateway, '/work'))?.status === 503);
    expect((await cli('release', 'web')).code).toBe(0);
    await until('calls are let through', async () => (await ask(site.gateway, '/work'))?.status === 200);
  }, 240_000);

  it('asks a human before what needs a yes, and does not do it without', async () => {
    await start((known) => ({ ...known, policies: { default: { approve: ['restart'] } } }));
    const first = pid(await asJson<FleetStatus>('status'))!;
    process.kill(first, 'SIGKILL');
    let waiting: FleetStatus['waitingForApproval'] = [];
    await until('a restart waits', async () => {
      waiting = (await asJson<FleetStatus>('status')).waitingForApproval;
      return waiting.length > 0;
    });
    expect((await cli('status')).out).toContain('waits for a yes: restart of web');
    expect((await ask(site.port, '/work'))?.status).toBeUndefined();
    const id = String(waiting[0]!.id);
    expect((await cli('approvals')).out).toMatch(
      /restart \(mode hard\) of web 0.*asked by the policy for tier default/,
    );
    const { out } = await cli('approvals', id);
    expect(out).toContain(`hash      ${waiting[0]!.hash}`);
    expect(out).toContain(`healix approve ${id} --hash ${waiting[0]!.hash.slice(0, 8)}`);
    expect(await asJson<unknown>('approvals', id)).toMatchObject({ id: waiting[0]!.id, hash: waiting[0]!.hash });
    expect((await cli('approve', id, '--hash', '0'.repeat(8))).err).toContain('another hash');
    expect(await cli('approve', id, '--hash', 'nonsense')).toMatchObject({ code: 2 });
    expect((await cli('approve', id)).out).toContain('approved: restart (mode hard) of web 0');
    await until('it runs again', async () => (await ask(site.gateway, '/work'))?.status === 200);
    expect((await cli('approve', id)).err).toContain('waits for approval');
    expect((await cli('approvals')).out).toBe('nothing waits for a yes\n');
    expect((await cli('history', '--limit', '100')).out).toMatch(
      /action \d+, restart of web 0 waits for a yes, because/,
    );
  }, 240_000);

  it('learns from what an operator did otherwise, and remembers it after a restart', async () => {
    await start((known) => ({ ...known, policies: { default: { approve: ['restart'] } } }));
    expect((await cli('history', '--lessons')).out).toContain('no operator has gone another way');
    await cli('isolate', 'web');
    await cli('release', 'web');
    // All was well: that teaches nothing.
    expect(await asJson<Lesson[]>('history', '--lessons')).toEqual([]);
    process.kill(pid(await asJson<FleetStatus>('status'))!, 'SIGKILL');
    let waiting: FleetStatus['waitingForApproval'] = [];
    await until('a restart waits', async () => {
      waiting = (await asJson<FleetStatus>('status')).waitingForApproval;
      return waiting.length > 0;
    });
    await cli('approve', String(waiting[0]!.id));
    await until('the outcome is known', async () => {
      // Without calls nobody knows that it is well.
      await ask(site.gateway, '/work');
      return (await asJson<Lesson[]>('history', '--lessons')).some(({ outcome }) => outcome !== null);
    });
    const lessons = await asJson<Lesson[]>('history', '--lessons');
    expect(lessons).toMatchObject([
      {
        situation: { service: 'web', tier: 'default', symptoms: ['unresponsive'] },
        wanted: { kind: 'action', action: 'restart', replica: 0 },
        chosen: { kind: 'approve' },
        outcome: { kind: 'recovered', afterMs: expect.any(Number) },
      },
    ]);
    expect((await cli('history', '--lessons')).out).toMatch(
      /web \(default\) was .*chose approve; well again after \d+ s/,
    );
    await runtime.close({ leaveRunning: true });
    await start();
    expect(await asJson<Lesson[]>('history', '--lessons')).toEqual(lessons);
    expect((await healix(['journal', 'verify', join(site.folder, '.healix', 'journal')])).out).toContain('OK');
  }, 240_000);

  it('takes another config whole: services come and go, what stays runs on and is remembered', async () => {
    await start();
    const before = pid(await asJson<FleetStatus>('status'));
    await cli('pause', 'web');
    const other = await makeSite();
    try {
      const known = settings();
      const [web] = known.services;
      const second = { ...web, id: 'second', ports: [other.port], gateway: { port: other.gateway } };
      save({
        ...known,
        services: [second, { ...web, gateway: { ...(web as { gateway: object }).gateway, timeoutMs: 700 } }],
      });
      const reloaded = await cli('reload');
      expect(reloaded.out).toContain('second: new, started');
      expect(reloaded.out).toContain('web: gateway from now on');
      await until('the new one answers', async () => (await ask(other.gateway, '/work'))?.status === 200);
      const both = await asJson<FleetStatus>('status');
      expect(both.services.map(({ id }) => id)).toEqual(['second', 'web']);
      expect(both.services[1]).toMatchObject({ paused: true, replicas: [{ pid: before }] });
      save(known);
      expect((await cli('reload')).out).toContain('second: gone, stopped');
      expect(await ask(other.port, '/work')).toBeNull();
      expect((await ask(site.gateway, '/work'))?.body).toBe(String(before));
    } finally {
      other.remove();
    }
    await runtime.close({ leaveRunning: true });
    await start();
    expect((await asJson<FleetStatus>('status')).services).toMatchObject([
      { paused: true, replicas: [{ pid: before }] },
    ]);
  }, 240_000);

  it('changes nothing for a config with problems, and names them all', async () => {
    await start();
    const known = settings();
    save({ ...known, services: [{ ...known.services[0], prots: 1, tier: 'none' }] });
    const refused = await cli('reload');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('2 problems');
    save({ ...known, stateDir: 'elsewhere' });
    expect((await runtime.reload(loadConfig(site.config), 'test')).kind).toBe('refused');
    save(known);
    expect((await asJson<FleetStatus>('status')).services).toHaveLength(1);
    expect((await cli('reload')).out).toContain('nothing has changed');
    expect(events.filter(({ kind }) => kind === 'reloaded')).toHaveLength(1);
  }, 240_000);

  it("takes a service's own word, by that service's own token", async () => {
    await start((known) => ({
      ...known,
      services: [
        { ...known.services[0], probes: { liveness: { http: '/health' }, performance: { push: { everyMs: 60_000 } } } },
      ],
    }));
    const environ = readFileSync(`/proc/${pid(await asJson<FleetStatus>('status'))}/environ`, 'utf8').split('\0');
    const value = (name: string): string => environ.find((line) => line.startsWith(`${name}=`))!.slice(name.length + 1);
    const report = (url: string, token: string, body: unknown): Promise<number> =>
      fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }).then(({ status }) => status);
    const url = value('HEALIX_REPORT_URL');
    const token = value('HEALIX_REPORT_TOKEN');
    expect(await report(`${url}/performance`, token, { ok: true, p95Ms: 3 })).toBe(202);
    expect(await report(`${url}/performance`, token, { p95Ms: 3 })).toBe(400);
    expect(await report(`${url}/liveness`, token, { ok: true })).toBe(400);
    expect(await report(`${url}/nonsense`, token, { ok: true })).toBe(400);
    expect(await report(`${url.replace('/web/', '/other/')}/performance`, token, { ok: true })).toBe(401);
    expect(await report(url.replace(/report.*/, 'order'), token, { service: 'web', order: 'pause' })).toBe(401);
  }, 240_000);

  it('is found by a file for its owner alone, which goes with it', async () => {
    await start();
    const file = join(site.folder, '.healix', 'control.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await runtime.close({ leaveRunning: false });
    const asked = await cli('status');
    expect(asked.code).toBe(2);
    expect(asked.err).toContain('no healix runs');
    await start();
  }, 240_000);
});
