import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adopt } from '../../../src/runtime/actuators/adopt.ts';
import { writeMark } from '../../../src/runtime/actuators/mark.ts';
import { readStat } from '../../../src/runtime/actuators/proc.ts';
import type { ProcessRecord } from '../../../src/runtime/ports.ts';
import { answerOf, freePorts, markedBy, never, newPlace, order, remember, runs, until } from './harness.ts';

/** A process that carries the mark of a start, as a replica would that we failed to write down. */
function marked(instance: string, start: Omit<ProcessRecord, 'pid' | 'startTicks'>, detached = true): ProcessRecord {
  const env = { ...process.env, HEALIX_RUN: writeMark(instance, start) };
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], { detached, stdio: 'ignore', env });
  return { ...start, pid: remember(child.pid!), startTicks: readStat(child.pid!)!.startTicks };
}

describe('a new runtime', () => {
  it('takes over what the last one left, and leaves alone whoever has a recycled pid', async () => {
    const place = newPlace();
    const ports = await freePorts(3);
    const replicas = { min: 1, start: 3, max: 3 };
    const plain = place.service('shop');
    const service = { ...plain, ports, replicas, command: [plain.command[0]!, plain.command[1]!, '{port}'] };
    const first = place.actuator([service]);
    expect((await first.actuator.start()).map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
    const records = [0, 1, 2].map((replica) => first.record('shop', replica));
    await Promise.all(ports.map(answerOf));
    await first.actuator.close({ leaveRunning: true });
    expect(records.map(({ pid }) => runs(pid))).toEqual([true, true, true]);
    process.kill(records[2]!.pid, 'SIGKILL');
    await until('the third is gone', () => !runs(records[2]!.pid));

    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], {
      detached: true,
      stdio: 'ignore',
    });
    const pid = remember(bystander.pid!);
    // As if the second had ended and its pid belonged to somebody else by now.
    process.kill(records[1]!.pid, 'SIGKILL');
    await until('the second is gone', () => !runs(records[1]!.pid));
    const recycled = { ...records[1]!, pid, startTicks: readStat(pid)!.startTicks - 1 };

    const second = place.actuator([service]);
    const adoptions = await second.actuator.adopt([records[0]!, recycled, records[2]!]);
    expect(adoptions.map(({ kind }) => kind)).toEqual(['adopted', 'recycled', 'gone']);
    expect(second.slots('shop').map(({ state }) => state.kind)).toEqual(['running', 'dead', 'dead']);
    expect(await answerOf(ports[0]!)).toBe('ok');
    expect(await second.actuator.act(order('restart', { replica: 1, mode: 'hard' }), 'shop', never)).toMatchObject({
      kind: 'done',
    });
    expect(runs(pid)).toBe(true);
    expect(await second.actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(runs(records[0]!.pid)).toBe(false);
    expect(second.record('shop', 0)).toMatchObject({ port: ports[0], replica: 0 });
    expect(await answerOf(ports[0]!)).toBe('ok');
  });

  it('notices the end of an adopted process, whose exit code nobody saw', async () => {
    const place = newPlace();
    const service = place.service('shop');
    const first = place.actuator([service]);
    await first.actuator.start();
    const record = first.record('shop', 0);
    await first.actuator.close({ leaveRunning: true });
    const second = place.actuator([service]);
    await second.actuator.adopt([record]);
    expect(second.events).toEqual([{ kind: 'adopted', record }]);
    expect(await second.actuator.start()).toEqual([]);
    process.kill(record.pid, 'SIGKILL');
    await until('it is noticed', () => second.slot('shop', 0).state.kind === 'dead');
    expect(second.slot('shop', 0).state).toMatchObject({ exitCode: null, record });
    expect(second.events.at(-1)).toMatchObject({ kind: 'exited', code: null, record });
    await second.actuator.close({ leaveRunning: true });
    expect(first.events.filter(({ kind }) => kind === 'exited')).toEqual([]);
  });
});

describe('what was never written down', () => {
  const start = { service: 'shop', replica: 0, startedAtMs: 1000, port: 80, release: 'v1' };

  it('is found by its mark', () => {
    const { instance } = newPlace();
    const record = marked(instance, start);
    expect(adopt([], instance)).toEqual([{ kind: 'found', record }]);
    expect(adopt([], 'another')).toEqual([]);
    expect(adopt([record], instance)).toEqual([{ kind: 'adopted', record }]);
  });

  it('is no replica when it is left over from a recorded start', () => {
    const { instance } = newPlace();
    const leftOver = marked(instance, start);
    const gone = { ...leftOver, pid: 2 ** 22 - 1 };
    expect(adopt([gone], instance)).toEqual([{ kind: 'gone', record: gone }]);
  });

  it('is one too many when a later process has the slot, and is ended', async () => {
    const place = newPlace();
    const [older, later] = [marked(place.instance, start), marked(place.instance, { ...start, startedAtMs: 2000 })];
    const { actuator } = place.actuator([place.service('shop')]);
    const kinds = (await actuator.adopt([{ ...older }, { ...later }])).map(({ kind }) => kind);
    // Both may have begun within one tick of the kernel: then either is the replica, but only one.
    expect(kinds.sort()).toEqual(['adopted', 'surplus']);
    expect([older, later].filter(({ pid }) => runs(pid))).toHaveLength(1);
    await actuator.close({ leaveRunning: false });
    expect(markedBy(place)).toEqual([]);
  });

  it('after a reboot is told from a stranger with the same pid and tick', () => {
    const { folder, instance } = newPlace();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], {
      cwd: join(folder),
      detached: true,
      stdio: 'ignore',
    });
    const stranger = { ...start, pid: remember(child.pid!), startTicks: readStat(child.pid!)!.startTicks };
    expect(adopt([stranger], instance)).toMatchObject([{ kind: 'recycled' }]);
    expect(adopt([{ ...stranger, startedAtMs: Date.now() }], instance)).toMatchObject([{ kind: 'adopted' }]);
  });
});
