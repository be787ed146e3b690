import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMark, writeMark } from '../../../src/runtime/actuators/mark.ts';
import { memoryWatch } from '../../../src/runtime/actuators/memory.ts';
import { isAlive, parseStat, readStat, scanProcesses } from '../../../src/runtime/actuators/proc.ts';
import { startReplica } from '../../../src/runtime/actuators/process.ts';
import { stopTree } from '../../../src/runtime/actuators/stop.ts';
import { sendSignal, signalGroup, treeOf } from '../../../src/runtime/actuators/tree.ts';
import { findAccount } from '../../../src/runtime/actuators/user.ts';
import { pageBytes } from '../../../src/runtime/kernel.ts';
import { clock, markedBy, newPlace, remember, runs, STUBBORN, textOf, until } from './harness.ts';

const started = async (place: ReturnType<typeof newPlace>, service: ReturnType<typeof place.service>) => {
  const result = await startReplica({
    service,
    replica: 0,
    release: 'v1',
    instance: place.instance,
    nowMs: Date.now(),
  });
  if (result.kind === 'failed') throw new Error(result.reason);
  return result;
};

describe('a process', () => {
  it('is told apart by name and time, whatever its name is made of', () => {
    const rest = Array.from({ length: 50 }, (_, at) => String(at + 3));
    rest[0] = 'S';
    const stat = parseStat(`4242 (a) b (c)) ${rest.join(' ')}\n`);
    expect(stat).toEqual({ pid: 4242, state: 'S', parent: 4, group: 5, session: 6, startTicks: 22, residentPages: 24 });
    expect(parseStat('')).toBeNull();
    expect(parseStat('12 (cut')).toBeNull();
    expect(readStat(process.pid)).toMatchObject({ pid: process.pid, parent: process.ppid });
    expect([4096, 16_384, 65_536]).toContain(pageBytes());
  });

  it('carries a mark that can be read back', () => {
    const marked = { service: 'a/b é', replica: 3, startedAtMs: 17, port: null, release: 'v/2' };
    expect(readMark('here', writeMark('here', marked))).toEqual(marked);
    expect(readMark('here', writeMark('here', { ...marked, port: 80, release: null }))).toMatchObject({
      port: 80,
      release: null,
    });
    expect(readMark('there', writeMark('here', marked))).toBeNull();
    for (const bad of [null, '', 'here', 'here/a/b/c/d/e', 'here/%/1/1//']) readMark('here', bad);
    expect(readMark('here', 'here/a/-1/5//')).toBeNull();
  });

  it('runs in a session of its own, with its output in files and placeholders filled in', async () => {
    const place = newPlace();
    const script = place.script(
      'show',
      "console.log(process.argv.slice(2).join(' '), process.env.WHO); console.error('woe'); setInterval(() => {}, 60000);",
    );
    const command = [process.execPath, script, '{port}', '{replica}', '{release}', '{service}', '{"json": {}}'];
    const service = place.service('shop', {
      command,
      ports: [4711],
      env: { WHO: 'r{replica}', HEALIX_RUN: 'not this' },
    });
    const { record } = await started(place, service);
    expect(readStat(record.pid)).toMatchObject({
      group: record.pid,
      session: record.pid,
      startTicks: record.startTicks,
    });
    expect(record).toMatchObject({ service: 'shop', replica: 0, port: 4711, release: 'v1' });
    expect(markedBy(place)).toEqual([record.pid]);
    await until('it has written', () => textOf(join(service.logFolder, 'shop.0.err.log')) === 'woe\n');
    expect(textOf(join(service.logFolder, 'shop.0.out.log'))).toBe('4711 0 v1 shop {"json": {}} r0\n');
  });

  it('that was killed is noticed with its exit code, and is alive no more though its pid may be', async () => {
    const place = newPlace();
    const { record, exited } = await started(place, place.service('shop'));
    expect(isAlive(record)).toBe(true);
    expect(isAlive({ ...record, startTicks: record.startTicks + 1 })).toBe(false);
    process.kill(record.pid, 'SIGKILL');
    expect(await exited).toBe(137);
    expect(isAlive(record)).toBe(false);
  });

  it('tells the exit code it chose itself', async () => {
    const place = newPlace();
    const command = [process.execPath, '-e', 'process.exit(3)'];
    expect(await (await started(place, place.service('shop', { command }))).exited).toBe(3);
  });

  it.each([
    ['its program is missing', { command: ['/nowhere/program'] }, 'ENOENT'],
    ['its command is empty', { command: [] }, 'empty'],
    ['its folder is missing', { cwd: '/nowhere' }, '/nowhere does not exist'],
    ['its user is unknown', { user: 'nobody-is-called-this' }, 'no user'],
  ])('is not started when %s, and says so', async (_, change, words) => {
    const place = newPlace();
    const service = place.service('shop', change);
    const result = await startReplica({ service, replica: 0, release: null, instance: place.instance, nowMs: 0 });
    expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining(words) });
    expect(markedBy(place)).toEqual([]);
  });

  it('runs as a user by name or by number', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nshop:x:1234:55:Shop:/srv/shop:/bin/false\n';
    expect(findAccount(null, passwd)).toBeNull();
    expect(findAccount('shop', passwd)).toEqual({ name: 'shop', uid: 1234, gid: 55, home: '/srv/shop' });
    expect(findAccount('1234', passwd)).toMatchObject({ name: 'shop' });
    expect(findAccount('777', passwd)).toEqual({ name: '777', uid: 777, gid: 777, home: '/' });
    expect(findAccount('else', passwd)).toBeUndefined();
  });
});

describe('a stop', () => {
  const how = { clock, graceMs: 10_000 };
  const rootOf = (place: ReturnType<typeof newPlace>, { pid, startTicks }: { pid: number; startTicks: number }) => ({
    ...{ pid, startTicks },
    mark: `${place.instance}/`,
  });

  it('is obeyed without force, by a stopped process too', async () => {
    const place = newPlace();
    const service = place.service('shop');
    const { record, exited } = await started(place, service);
    await until('it is up', () => textOf(join(service.logFolder, 'shop.0.out.log')).includes('up'));
    process.kill(record.pid, 'SIGSTOP');
    await until('it is stopped', () => readStat(record.pid)?.state === 'T');
    expect(await stopTree(rootOf(place, record), { ...how, mode: 'graceful' })).toEqual({
      kind: 'stopped',
      forced: false,
    });
    expect(await exited).toBe(143);
  });

  it.each(['graceful', 'hard'] as const)(
    '(%s) leaves nothing of a tree that ignores it and left its session',
    async (mode) => {
      const place = newPlace();
      const pids = join(place.folder, 'pids');
      const service = place.service('stubborn', {
        command: [process.execPath, place.script('stubborn', STUBBORN), pids, 'parent'],
      });
      const { record } = await started(place, service);
      const born = () => textOf(pids).trim().split('\n').map(Number).filter(Boolean);
      await until('all five are born', () => born().length === 5);
      const orphan = born().filter(
        (pid) => runs(pid) && readStat(pid)!.session === pid && readStat(pid)!.parent !== record.pid,
      );
      await until('one is an orphan', () => born().filter(runs).length === 4);
      expect(orphan.length).toBeGreaterThan(0);
      const stopped = await stopTree(rootOf(place, record), { ...how, mode, graceMs: 300 });
      expect(stopped).toEqual({ kind: 'stopped', forced: true });
      expect(born().filter(runs)).toEqual([]);
      await until('no zombie is left', () => readStat(record.pid) === null);
      expect(markedBy(place)).toEqual([]);
    },
  );

  it('waits for the server behind a wrapper that ends at once', async () => {
    const place = newPlace();
    const done = join(place.folder, 'done');
    const slow = place.script(
      'slow',
      `import { writeFileSync } from 'node:fs'; process.on('SIGTERM', () => setTimeout(() => { writeFileSync('${done}', 'yes'); process.exit(0); }, 400)); console.log('up'); setInterval(() => {}, 60000);`,
    );
    const wrapper = place.script(
      'wrapper',
      `import { spawn } from 'node:child_process'; spawn(process.execPath, ['${slow}'], { stdio: 'inherit' }); process.on('SIGTERM', () => process.exit(0));`,
    );
    const service = place.service('shop', { command: [process.execPath, wrapper] });
    const { record } = await started(place, service);
    await until('it is up', () => textOf(join(service.logFolder, 'shop.0.out.log')).includes('up'));
    expect(await stopTree(rootOf(place, record), { ...how, mode: 'graceful' })).toEqual({
      kind: 'stopped',
      forced: false,
    });
    expect(textOf(done)).toBe('yes');
  });

  it('that is called off kills at once in place of waiting', async () => {
    const place = newPlace();
    const pids = join(place.folder, 'pids');
    const service = place.service('stubborn', {
      command: [process.execPath, place.script('stubborn', STUBBORN), pids, 'leaf'],
    });
    const { record } = await started(place, service);
    await until('it is up', () => textOf(pids) !== '');
    const stop = new AbortController();
    const stopping = stopTree(rootOf(place, record), {
      clock,
      mode: 'graceful',
      graceMs: 3_600_000,
      signal: stop.signal,
    });
    stop.abort();
    expect(await stopping).toEqual({ kind: 'stopped', forced: true });
  });

  it('touches nobody who merely has the pid by now', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], {
      detached: true,
      stdio: 'ignore',
    });
    const pid = remember(bystander.pid!);
    const { startTicks } = readStat(pid)!;
    const root = { pid, startTicks: startTicks - 1, mark: 'of-nobody/' };
    expect(await stopTree(root, { ...how, mode: 'hard' })).toEqual({ kind: 'stopped', forced: false });
    expect(runs(pid)).toBe(true);
  });
});

describe('a tree', () => {
  it('never begins at init nor at ourselves, whatever a record says', () => {
    for (const pid of [process.pid, 1, 0, -1]) {
      const startTicks = readStat(pid)?.startTicks ?? 0;
      expect(treeOf({ pid, startTicks, mark: null })).toEqual([]);
      expect(sendSignal({ pid, startTicks }, 'SIGURG')).toBe(false);
      expect(signalGroup({ pid, startTicks }, 'SIGURG')).toBe(false);
    }
  });
});

describe('a member of a tree that was seen before', () => {
  it('is gone when it has ended, though its parent has not asked how', async () => {
    // The shell leaves its child to a program that asks about none.
    const parent = spawn('sh', ['-c', 'sleep 60 & exec sleep 60'], { detached: true, stdio: 'ignore' });
    const pid = remember(parent.pid!);
    const child = () => [...scanProcesses().values()].find((stat) => stat.parent === pid);
    await until('the child is born', () => child() !== undefined);
    const seen = child()!;
    remember(seen.pid);
    const root = { pid: 0, startTicks: 0, mark: null };
    expect(treeOf(root, [seen]).map((stat) => stat.pid)).toEqual([seen.pid]);
    // Before that the shell itself would ask.
    await until('the shell is another program', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
    process.kill(seen.pid, 'SIGKILL');
    await until('it waits to be asked for', () => readStat(seen.pid)?.state === 'Z');
    expect(treeOf(root, [seen])).toEqual([]);
  });
});

describe('memory', () => {
  it('counts the whole group, and is over the limit only when it is twice in a row', () => {
    const record = { service: 'shop', replica: 0, pid: 10, startTicks: 1, startedAtMs: 0, port: null, release: null };
    const stat = { state: 'S', parent: 1, session: 10, startTicks: 1 };
    const processes = (pages: number) =>
      new Map([10, 11, 12].map((pid) => [pid, { ...stat, pid, group: pid === 12 ? 12 : 10, residentPages: pages }]));
    const watch = memoryWatch(2 ** 20);
    const look = (pages: number) => watch.look([{ record, limitMb: 100 }], processes(pages));
    expect(look(51)).toEqual([]);
    expect(look(50)).toEqual([]);
    expect(look(51)).toEqual([]);
    expect(look(51)).toEqual([record]);
  });
});
