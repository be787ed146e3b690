/** The runtime on real processes: two small services, real probes, a real gateway, a real journal. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import type { InUse } from '../../src/runtime/in-use.ts';
import { verifyJournal } from '../../src/runtime/journal/index.ts';
import type { Clock } from '../../src/runtime/ports.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { startRuntime, systemClock } from '../../src/runtime/start.ts';
import { makeStrategy } from '../heal/signals.ts';
import { ask, inUse, LADDER, makeSite, type Site, until } from './harness.ts';

let site: Site;
let open: Runtime | null = null;
const events: RuntimeEvent[] = [];

beforeEach(async () => {
  site = await makeSite();
  events.length = 0;
});

afterEach(async () => {
  await open?.close({ leaveRunning: false });
  open = null;
  site.remove();
});

async function start(healedBy: InUse = inUse, clock: Clock = systemClock): Promise<Runtime> {
  const config = loadConfig(site.config);
  open = await startRuntime({
    config,
    clock,
    inUse: healedBy,
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  return open;
}

const pidOf = (runtime: Runtime): number | null => runtime.status()[0]!.replicas[0]!.pid;
const answers = async (): Promise<boolean> => (await ask(site.gateway, '/work'))?.status === 200;

describe('the runtime', () => {
  it('starts what the config lists, and its gateway leads there', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    expect((await ask(site.gateway, '/work'))?.body).toBe(String(pidOf(runtime)));
    await until('it is healthy', () => runtime.status()[0]!.status === 'healthy');
    expect(runtime.status()).toMatchObject([{ id: 'web', circuit: 'closed', paused: false }]);
  }, 240_000);

  it('restarts a process that was killed, and the journal tells of it', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    const pid = pidOf(runtime)!;
    process.kill(pid, 'SIGKILL');
    await until('another process answers', async () => (await answers()) && pidOf(runtime) !== pid);
    expect(runtime.history(10)).toContainEqual(expect.objectContaining({ kind: 'exit', pid, code: 137 }));
    // The new process answers before its start is known to have ended.
    await until('the restart is done', () =>
      runtime.history(10).some((row) => row.kind === 'action' && row.action === 'restart' && row.result === 'done'),
    );
    await runtime.close({ leaveRunning: false });
    open = null;
    expect(await verifyJournal(join(site.folder, '.healix', 'journal'))).toMatchObject({ kind: 'good' });
  }, 240_000);

  it('restarts a process that is stopped and answers nobody', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    // Until a probe was answered, a silent process is one that starts.
    await until('a probe was answered', () =>
      events.some((event) => event.kind === 'signal' && event.signal.replicas[0]!.live === 1),
    );
    const pid = pidOf(runtime)!;
    process.kill(pid, 'SIGSTOP');
    await until('another process answers', async () => (await answers()) && pidOf(runtime) !== pid);
  }, 240_000);

  it('puts a broken configuration back, and keeps the broken one', async () => {
    await start();
    await until('the service answers', answers);
    writeFileSync(join(site.folder, 'config.json'), '{"size": ');
    await until('it fails', async () => (await ask(site.gateway, '/work'))?.status === 500);
    await until('the configuration is restored', answers);
    const repair = () => events.find((event) => event.kind === 'process' && event.event.kind === 'repaired');
    await until('it is told', () => repair() !== undefined);
    expect(repair()).toMatchObject({ event: { diff: expect.stringContaining('-{"size": ') } });
  }, 240_000);

  it('leaves services running, and the next one adopts them with all it knew', async () => {
    const first = await start();
    await until('the service answers', answers);
    const pid = pidOf(first)!;
    await first.order('web', 'pause');
    await first.close({ leaveRunning: true });
    open = null;
    const second = await start();
    expect(pidOf(second)).toBe(pid);
    expect(second.status()[0]!.paused).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'ready', adopted: 1, started: 0 }));
    await until('the service answers again', answers);
  }, 240_000);

  it('keeps a circuit open that an operator opened, in a start as before it', async () => {
    const first = await start();
    await until('the service answers', answers);
    await first.order('web', 'isolate');
    await until('calls are refused', async () => (await ask(site.gateway, '/work'))?.status === 503);
    await first.close({ leaveRunning: true });
    open = null;
    const second = await start();
    expect(second.status()[0]!.circuit).toBe('isolated');
    await until('the gateway is open', async () => (await ask(site.gateway, '/work')) !== null);
    expect((await ask(site.gateway, '/work'))?.status).toBe(503);
    await second.order('web', 'release');
    await until('calls are let through', answers);
  }, 240_000);

  it('leaves it to the healer to start what ended before the start: a paused service stays down', async () => {
    const first = await start();
    await until('the service answers', answers);
    await first.order('web', 'pause');
    process.kill(pidOf(first)!, 'SIGKILL');
    await until('its end is known', () => first.history(10).some(({ kind }) => kind === 'exit'));
    await first.close({ leaveRunning: true });
    open = null;
    const second = await start();
    expect(second.status()[0]!.replicas).toMatchObject([{ state: 'dead' }]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'ready', adopted: 0, started: 0 }));
    await second.order('web', 'resume');
    await until('the healer has started it', answers);
  }, 240_000);

  it('goes on looking at a service whose configuration cannot be reached', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    const path = join(site.folder, 'config.json');
    rmSync(path);
    symlinkSync('config.json', path);
    const pid = pidOf(runtime)!;
    process.kill(pid, 'SIGKILL');
    await until('another process runs', () => (pidOf(runtime) ?? pid) !== pid);
    expect(events.filter(({ kind }) => kind === 'trouble')).toEqual([]);
  }, 240_000);

  it('tells of windows that follow each other without a gap, as long as they were', async () => {
    const runtime = await start({ ...inUse, strategy: makeStrategy({ detection: { windowS: 0.1 } }) });
    const windows = (): { atMs: number; windowMs: number }[] =>
      events.flatMap((event) => (event.kind === 'signal' ? [event.signal] : []));
    await until('there were 30 windows', () => windows().length >= 30);
    expect(runtime.windowMs).toBe(100);
    const [, ...later] = windows();
    expect(later.map(({ atMs, windowMs }) => atMs - windowMs)).toEqual(
      windows()
        .slice(0, later.length)
        .map(({ atMs }) => atMs),
    );
  }, 240_000);

  it('heals on when the clock is put back, and when it was put back between two runs', async () => {
    let backMs = 0;
    const clock = { now: () => systemClock.now() - backMs, after: systemClock.after };
    const quick = makeStrategy({
      detection: { windowS: 0.5 },
      pacing: { cooldownS: 0.1, verifyS: 0.1 },
      ladders: { unresponsive: LADDER, 'crash-loop': LADDER },
    });
    const killed = async (runtime: Runtime): Promise<void> => {
      await until('the service answers', answers);
      const pid = pidOf(runtime)!;
      process.kill(pid, 'SIGKILL');
      await until('another process answers', async () => pidOf(runtime) !== pid && (await answers()));
    };
    const first = await start({ ...inUse, strategy: quick }, clock);
    await killed(first);
    backMs = 3_600_000;
    await killed(first);
    await first.close({ leaveRunning: true });
    open = null;
    backMs = 7_200_000;
    await killed(await start({ ...inUse, strategy: quick }, clock));
  }, 120_000);
});
