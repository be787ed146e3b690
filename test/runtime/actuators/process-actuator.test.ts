import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GatewayAction } from '../../../src/runtime/actuators/gateway-port.ts';
import { readStat } from '../../../src/runtime/actuators/proc.ts';
import {
  answerOf,
  clock,
  freePorts,
  markedBy,
  never,
  newPlace,
  order,
  type Place,
  runs,
  STUBBORN,
  textOf,
  until,
} from './harness.ts';

/** A service that answers with the name of its release. */
async function shop(place: Place, count: number) {
  const plain = place.service('shop');
  const ports = await freePorts(count);
  const command = [plain.command[0]!, plain.command[1]!, '{port}', '{release}'];
  return { ...plain, ports, command, replicas: { min: 1, start: count, max: count } };
}

describe('the actuator', () => {
  it('notices a kill with its exit code, and a restart keeps the port', async () => {
    const place = newPlace();
    const service = await shop(place, 1);
    const { actuator, events, record, slot, slots } = place.actuator([service]);
    await actuator.start();
    const before = record('shop', 0);
    await answerOf(service.ports[0]!);
    process.kill(before.pid, 'SIGKILL');
    await until('it is noticed', () => slot('shop', 0).state.kind === 'dead');
    expect(slots('shop')[0]).toMatchObject({ busy: null, state: { exitCode: 137, record: before } });
    expect(await actuator.act(order('restart', { replica: 0, mode: 'hard' }), 'shop', never)).toMatchObject({
      kind: 'done',
    });
    const after = record('shop', 0);
    expect(after).toMatchObject({ port: before.port });
    expect(after.pid).not.toBe(before.pid);
    await answerOf(after.port!);
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'exited', 'started']);
    await actuator.close({ leaveRunning: false });
    expect(markedBy(place)).toEqual([]);
  });

  it('restarts a stopped process within its grace', async () => {
    const place = newPlace();
    const service = await shop(place, 1);
    const { actuator, record } = place.actuator([service]);
    await actuator.start();
    const { pid } = record('shop', 0);
    await answerOf(service.ports[0]!);
    process.kill(pid, 'SIGSTOP');
    await until('it is stopped', () => readStat(pid)?.state === 'T');
    expect(await actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(runs(pid)).toBe(false);
    await answerOf(service.ports[0]!);
  });

  it('does one thing at a time to a replica, and says what it met', async () => {
    const place = newPlace();
    const service = { ...(await shop(place, 2)), stopGraceMs: 500 };
    const { actuator, record } = place.actuator([service]);
    await actuator.start();
    await Promise.all(service.ports.map(answerOf));
    const effects = await Promise.all([
      actuator.act(order('restart', { replica: 0 }), 'shop', never),
      actuator.act(order('restart', { replica: 0 }), 'shop', never),
      actuator.act(order('restart'), 'shop', never),
      actuator.act(order('restart', { replica: 1 }), 'shop', never),
    ]);
    expect(effects.map(({ kind }) => kind)).toEqual(['done', 'failed', 'failed', 'done']);
    expect(effects[1]).toMatchObject({ reason: 'replica 0 of shop has restart under way' });
    expect(markedBy(place).sort()).toEqual([record('shop', 0).pid, record('shop', 1).pid].sort());
  });

  it('sweeps up what a dead replica left behind before it starts the next', async () => {
    const place = newPlace();
    const pids = join(place.folder, 'pids');
    const command = [process.execPath, place.script('stubborn', STUBBORN), pids, 'parent'];
    const { actuator, record, slot } = place.actuator([place.service('stubborn', { command })]);
    await actuator.start();
    const born = () => textOf(pids).trim().split('\n').map(Number).filter(Boolean);
    await until('all are born', () => born().length === 5);
    const first = born();
    process.kill(record('stubborn', 0).pid, 'SIGKILL');
    await until('it is noticed', () => slot('stubborn', 0).state.kind === 'dead');
    expect(first.filter(runs).length).toBeGreaterThan(0);
    await actuator.act(order('restart', { replica: 0 }), 'stubborn', never);
    expect(first.filter(runs)).toEqual([]);
    expect(runs(record('stubborn', 0).pid)).toBe(true);
  });

  it('called off in the middle of a restart hurries, and leaves a running replica', async () => {
    const place = newPlace();
    const pids = join(place.folder, 'pids');
    const command = [process.execPath, place.script('stubborn', STUBBORN), pids, 'leaf'];
    const { actuator, record } = place.actuator([place.service('stubborn', { command, stopGraceMs: 3_600_000 })]);
    await actuator.start();
    await until('it is up', () => textOf(pids) !== '');
    const before = record('stubborn', 0);
    const off = new AbortController();
    const restarting = actuator.act(order('restart', { replica: 0 }), 'stubborn', off.signal);
    off.abort();
    await restarting;
    const now = record('stubborn', 0);
    expect(runs(now.pid)).toBe(true);
    expect(markedBy(place)).toEqual([now.pid]);
    expect(await actuator.act(order('restart', { replica: 0 }), 'stubborn', off.signal)).toMatchObject({
      kind: 'failed',
    });
    expect(record('stubborn', 0)).toEqual(now);
    expect(before.port).toBe(now.port);
  });

  it('adds and takes away replicas within slots and minimum', async () => {
    const place = newPlace();
    const service = { ...(await shop(place, 2)), replicas: { min: 1, start: 1, max: 5 } };
    const { actuator, record, slots } = place.actuator([service]);
    await actuator.start();
    const act = (kind: 'scale-up' | 'scale-down') => actuator.act(order(kind), 'shop', never);
    expect(await act('scale-down')).toMatchObject({ kind: 'failed', reason: expect.stringContaining('minimum is 1') });
    expect(await act('scale-up')).toMatchObject({ kind: 'done' });
    expect(record('shop', 1).port).toBe(service.ports[1]);
    expect(await act('scale-up')).toMatchObject({ kind: 'failed', reason: 'shop has no free slot' });
    const { pid } = record('shop', 1);
    expect(await act('scale-down')).toMatchObject({ kind: 'done' });
    expect(runs(pid)).toBe(false);
    expect(slots('shop').map(({ state }) => state.kind)).toEqual(['running', 'empty']);
  });

  it('rolls all replicas back to the previous release, one after another', async () => {
    const place = newPlace();
    const folder = join(place.folder, 'releases');
    for (const name of ['v1', 'v2']) mkdirSync(join(folder, name), { recursive: true });
    symlinkSync('v2', join(folder, 'current'));
    const releases = { folder, link: join(folder, 'current'), current: 'v2', previous: 'v1' };
    const service = { ...(await shop(place, 2)), releases };
    const asked: number[] = [];
    const { actuator, record } = place.actuator([service], {
      ready: async (record) => {
        asked.push(record.replica);
        return (await answerOf(record.port!)) === 'v1';
      },
    });
    await actuator.start();
    expect(await Promise.all(service.ports.map(answerOf))).toEqual(['v2', 'v2']);
    expect(actuator.facts('shop')!.release).toMatchObject({ name: 'v2' });
    expect(await actuator.act(order('rollback'), 'shop', never)).toEqual({ kind: 'done', detail: 'v2 -> v1' });
    expect(readlinkSync(releases.link)).toBe('v1');
    expect(await Promise.all(service.ports.map(answerOf))).toEqual(['v1', 'v1']);
    expect([asked, record('shop', 0).release, record('shop', 1).release]).toEqual([[0, 1], 'v1', 'v1']);
    expect(await actuator.act(order('rollback'), 'shop', never)).toMatchObject({ kind: 'unsupported' });
  });

  it('carries a rollback on that stopped at a replica that did not come up', async () => {
    const place = newPlace();
    const folder = join(place.folder, 'releases');
    for (const name of ['v1', 'v2']) mkdirSync(join(folder, name), { recursive: true });
    symlinkSync('v2', join(folder, 'current'));
    const service = {
      ...(await shop(place, 2)),
      releases: { folder, link: join(folder, 'current'), current: 'v2', previous: 'v1' },
    };
    let isUp = false;
    const { actuator, record } = place.actuator([service], { ready: async () => isUp });
    await actuator.start();
    expect(await actuator.act(order('rollback'), 'shop', never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('1 of 2'),
    });
    expect([0, 1].map((replica) => record('shop', replica).release)).toEqual(['v1', 'v2']);
    isUp = true;
    expect(await actuator.act(order('rollback'), 'shop', never)).toEqual({ kind: 'done', detail: 'v1' });
    expect(record('shop', 1).release).toBe('v1');
  });

  it('repairs a configuration, tells the difference and restarts', async () => {
    const place = newPlace();
    const root = place.folder;
    const configFile = { path: join(root, 'live.yaml'), knownGood: join(root, 'good.yaml'), root };
    writeFileSync(configFile.path, 'limit: 5\n');
    writeFileSync(configFile.knownGood, 'limit: 5\n');
    const service = place.service('shop', { configFile });
    const { actuator, events, record } = place.actuator([service]);
    await actuator.start();
    const { pid } = record('shop', 0);
    expect(await actuator.act(order('repair-config'), 'shop', never)).toMatchObject({ kind: 'unsupported' });
    writeFileSync(configFile.path, 'limit: 0\n');
    expect(actuator.facts('shop')!.config).toMatchObject({ differs: true });
    expect(await actuator.act(order('repair-config'), 'shop', never)).toMatchObject({
      kind: 'done',
      detail: expect.stringContaining('broken-configs/shop/'),
    });
    expect(events.find(({ kind }) => kind === 'repaired')).toMatchObject({
      service: 'shop',
      file: configFile.path,
      diff: expect.stringContaining('-limit: 0\n+limit: 5\n'),
    });
    expect(actuator.facts('shop')!.config).toMatchObject({ differs: false });
    expect(record('shop', 0).pid).not.toBe(pid);
    writeFileSync(configFile.path, 'limit: 7\n');
    expect(actuator.acceptConfig('shop')).toMatchObject({ kind: 'done' });
    expect(actuator.facts('shop')!.config).toMatchObject({ differs: false });
  });

  it('sends a signal in place of a restart to a service that reloads by itself', async () => {
    const place = newPlace();
    const root = place.folder;
    const configFile = { path: join(root, 'live.yaml'), knownGood: join(root, 'good.yaml'), root };
    writeFileSync(configFile.path, 'broken');
    writeFileSync(configFile.knownGood, 'good');
    const service = place.service('shop', { configFile, reloadSignal: 'SIGHUP', reconnectSignal: 'SIGHUP' });
    const { actuator, record, logged } = place.actuator([service]);
    await actuator.start();
    await until('it is up', () => logged(service, 0).includes('up'));
    const { pid } = record('shop', 0);
    expect(await actuator.act(order('repair-config'), 'shop', never)).toMatchObject({ kind: 'done' });
    await until('it was told', () => logged(service, 0).includes('hup'));
    expect(await actuator.act(order('reconnect', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    await until('it was told again', () => logged(service, 0).split('hup').length === 3);
    expect(record('shop', 0).pid).toBe(pid);
  });

  it("does what the user's own command does in its place", async () => {
    const place = newPlace();
    const done = join(place.folder, 'done');
    const script = place.script(
      'own',
      `import { writeFileSync } from 'node:fs'; writeFileSync('${done}', process.env.HEALIX_ACTION + ' ' + process.argv[2]);`,
    );
    const actions = new Map([
      ['reconnect', { command: [process.execPath, script, '{port}'], timeoutMs: 30_000 }],
    ] as const);
    const service = place.service('shop', { actions, ports: [4711] });
    const { actuator } = place.actuator([service]);
    expect(actuator.can('shop').has('reconnect')).toBe(true);
    expect(await actuator.act(order('reconnect', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(textOf(done)).toBe('reconnect 4711');
  });

  it('says what it cannot do, and delegates what others do', async () => {
    const place = newPlace();
    const bare = place.actuator([place.service('shop')]).actuator;
    expect([...bare.can('shop')]).toEqual(['restart']);
    expect([...bare.can('nobody')]).toEqual([]);
    expect(await bare.act(order('restart', { replica: 0 }), 'nobody', never)).toMatchObject({ kind: 'failed' });
    expect(await bare.act(order('restart', { replica: 7 }), 'shop', never)).toMatchObject({ kind: 'failed' });
    for (const kind of [
      'rollback',
      'repair-config',
      'reconnect',
      'scale-up',
      'scale-down',
      'fallback',
      'escalate',
    ] as const) {
      expect(await bare.act(order(kind), 'shop', never)).toMatchObject({ kind: 'unsupported' });
    }
    const told: string[] = [];
    const { actuator } = place.actuator([place.service('shop')], {
      alert: async ({ kind }, service) => {
        told.push(`${kind} ${service}`);
        return { kind: 'done' };
      },
      gateway: {
        can: () => new Set(['circuit-break', 'reroute'] as const),
        act: async ({ kind }: GatewayAction) => {
          told.push(kind);
          throw new Error('the gateway is confused');
        },
      },
    });
    expect([...actuator.can('shop')].sort()).toEqual(['circuit-break', 'escalate', 'reroute', 'restart']);
    expect(await actuator.act(order('escalate'), 'shop', never)).toEqual({ kind: 'done' });
    expect(await actuator.act(order('circuit-break', { admit: 0 }), 'shop', never)).toEqual({
      kind: 'failed',
      reason: 'the gateway is confused',
    });
    expect(await actuator.act(order('fallback', { on: true }), 'shop', never)).toMatchObject({ kind: 'unsupported' });
    expect(told).toEqual(['escalate shop', 'circuit-break']);
    // Out of rotation there would be nobody to send calls to.
    expect(await actuator.act(order('reroute', { replica: 0, out: true }), 'shop', never)).toMatchObject({
      kind: 'unsupported',
    });
    expect(told).toHaveLength(2);
  });

  it('drains a replica before it is asked to end, and lets calls in again', async () => {
    const place = newPlace();
    const told: string[] = [];
    const { actuator, record } = place.actuator([place.service('shop')], {
      gateway: {
        can: () => new Set(),
        act: async () => ({ kind: 'done' }),
        drain: async (service, replica) => {
          told.push(`drain ${service} ${replica} ${runs(pid)}`);
          return () => told.push(`admit ${runs(pid)}`);
        },
      },
    });
    await actuator.start();
    const { pid } = record('shop', 0);
    expect(await actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(told).toEqual(['drain shop 0 true', 'admit false']);
  });

  it('kills a replica that holds more memory than it may', async () => {
    const place = newPlace();
    const hog = place.script('hog', 'globalThis.held = Buffer.alloc(300 * 2 ** 20, 1); setInterval(() => {}, 60000);');
    const service = place.service('shop', { command: [process.execPath, hog], memoryMb: 200 });
    const { actuator, events, slot } = place.actuator([service]);
    await actuator.start();
    await until('it is killed', () => slot('shop', 0).state.kind === 'dead');
    expect(slot('shop', 0).state).toMatchObject({ exitCode: 137 });
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'over-memory', 'exited']);
  });

  it('stops what a new configuration has no more, and leaves the rest alone', async () => {
    const place = newPlace();
    const [a, b] = [await shop(place, 2), place.service('other')];
    const { actuator, record, slots } = place.actuator([a, b]);
    await actuator.start();
    const [kept, dropped, gone] = [record('shop', 0), record('shop', 1), record('other', 0)];
    await actuator.reconfigure([{ ...a, replicas: { min: 1, start: 1, max: 1 } }]);
    expect([kept, dropped, gone].map(({ pid }) => runs(pid))).toEqual([true, false, false]);
    expect(Object.keys(actuator.state())).toEqual(['shop']);
    expect(slots('shop')).toEqual([{ busy: null, state: { kind: 'running', record: kept, adopted: false } }]);
  });

  it('begins nothing once it is closed, and can stop everything', async () => {
    const place = newPlace();
    const { actuator, record } = place.actuator([place.service('shop')]);
    await actuator.start();
    const { pid } = record('shop', 0);
    await actuator.close({ leaveRunning: false });
    expect(runs(pid)).toBe(false);
    expect(await actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'failed' });
    expect(await actuator.start()).toEqual([]);
    expect(markedBy(place)).toEqual([]);
  });

  it('says why a program could not be started, and how it looks then', async () => {
    const place = newPlace();
    const service = place.service('shop', { command: ['/nowhere/x'], replicas: { min: 0, start: 1, max: 2 } });
    const { actuator, slot, events } = place.actuator([service], { clock });
    expect(await actuator.start()).toMatchObject([{ kind: 'failed', reason: expect.stringContaining('ENOENT') }]);
    expect(slot('shop', 0).state).toMatchObject({ kind: 'dead', exitCode: 127, record: null });
    expect(events).toContainEqual({
      kind: 'trouble',
      reason: expect.stringMatching(/^shop 0: could not be started: .*ENOENT/),
    });
    expect(await actuator.act(order('scale-up'), 'shop', never)).toMatchObject({ kind: 'failed' });
    expect(slot('shop', 1).state).toEqual({ kind: 'empty' });
  });
});
