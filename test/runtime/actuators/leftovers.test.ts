import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markOf, readStat } from '../../../src/runtime/actuators/proc.ts';
import { Replicas } from '../../../src/runtime/actuators/replicas.ts';
import { runningIn } from '../../../src/runtime/actuators/slots.ts';
import { companionsOf } from '../../../src/runtime/actuators/tree.ts';
import {
  answerOf,
  clock,
  freePorts,
  never,
  newPlace,
  order,
  type Place,
  remember,
  runs,
  type Tested,
  until,
} from './harness.ts';

/** Starts the server with an empty environment, so that it carries no mark, in its own group; and waits for it. */
const WRAPPER = `
import { spawn } from 'node:child_process';
const [server, port] = process.argv.slice(2);
spawn('/usr/bin/env', ['-i', process.execPath, server, port, 'PID'], { stdio: 'ignore' });
setInterval(() => {}, 60000);
`;
/** Answers with its pid. */
const UNMARKED = `
import { createServer } from 'node:http';
createServer((_, answer) => answer.end(String(process.pid))).listen(Number(process.argv[2]), '127.0.0.1');
`;

async function wrapped(place: Place) {
  const ports = await freePorts(1);
  const command = [process.execPath, place.script('wrapper', WRAPPER), place.script('unmarked', UNMARKED), '{port}'];
  return { service: place.service('shop', { command, ports }), port: ports[0]! };
}

/** The pid of the server, which is ended at the end of the test whatever comes. */
async function serverAt(port: number): Promise<number> {
  const pid = remember(Number(await answerOf(port)));
  expect(markOf(pid)).toBeNull();
  return pid;
}

async function killLeader({ record, slot }: Tested): Promise<void> {
  process.kill(record('shop', 0).pid, 'SIGKILL');
  await until('its end is noticed', () => slot('shop', 0).state.kind === 'dead');
}

describe('what a leader leaves behind in its group without a mark', () => {
  it('is ended before the next start, which finds its port free', async () => {
    const place = newPlace();
    const { service, port } = await wrapped(place);
    const tested = place.actuator([service]);
    await tested.actuator.start();
    const first = await serverAt(port);
    await killLeader(tested);
    expect(runs(first)).toBe(true);
    expect(await tested.actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(runs(first)).toBe(false);
    const second = await serverAt(port);
    expect(second).not.toBe(first);
    await tested.actuator.close({ leaveRunning: false });
    expect(runs(second)).toBe(false);
  });

  it('is ended by a stop that comes after the leader has died', async () => {
    const place = newPlace();
    const { service, port } = await wrapped(place);
    const tested = place.actuator([service]);
    await tested.actuator.start();
    const server = await serverAt(port);
    await killLeader(tested);
    await tested.actuator.close({ leaveRunning: false });
    expect(runs(server)).toBe(false);
  });

  it('is remembered across starts that fail', async () => {
    const place = newPlace();
    const { service, port } = await wrapped(place);
    const folder = join(place.folder, 'releases');
    mkdirSync(join(folder, 'v1'), { recursive: true });
    const link = join(folder, 'current');
    symlinkSync('v1', link);
    const releases = { folder, link, current: 'v1', previous: null };
    const replicas = new Replicas([{ ...service, releases }], { clock, instance: place.instance });
    const slot = replicas.slots('shop')[0]!;
    expect(await replicas.start(slot)).toMatchObject({ kind: 'done' });
    const server = await serverAt(port);
    process.kill(runningIn(slot)!.pid, 'SIGKILL');
    await until('its end is noticed', () => slot.state.kind === 'dead');
    rmSync(link);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await replicas.start(slot)).toMatchObject({ kind: 'failed' });
      // Nothing in the record tells of the first leader any more.
      expect(slot.state).toMatchObject({ kind: 'dead', record: null });
    }
    expect(runs(server)).toBe(true);
    symlinkSync('v1', link);
    expect(await replicas.start(slot)).toMatchObject({ kind: 'done' });
    expect(runs(server)).toBe(false);
    expect(slot.leftovers).toEqual([]);
    await serverAt(port);
    await replicas.close({ leaveRunning: false });
  });

  it('by an adopted leader is ended too', async () => {
    const place = newPlace();
    const { service, port } = await wrapped(place);
    const first = place.actuator([service]);
    await first.actuator.start();
    const record = first.record('shop', 0);
    const server = await serverAt(port);
    await first.actuator.close({ leaveRunning: true });
    const second = place.actuator([service]);
    expect(await second.actuator.adopt([record])).toMatchObject([{ kind: 'adopted' }]);
    await killLeader(second);
    expect(runs(server)).toBe(true);
    expect(await second.actuator.act(order('restart', { replica: 0 }), 'shop', never)).toMatchObject({ kind: 'done' });
    expect(runs(server)).toBe(false);
    await serverAt(port);
    await second.actuator.close({ leaveRunning: false });
  });
});

describe('the companions of a leader', () => {
  it('are none when another process has its pid by now, nor when it is init or we', async () => {
    const place = newPlace();
    const { service, port } = await wrapped(place);
    const leader = spawn(service.command[0]!, [...service.command.slice(1, 3), String(port)], {
      detached: true,
      stdio: 'ignore',
    });
    const pid = remember(leader.pid!);
    const server = await serverAt(port);
    const { startTicks } = readStat(pid)!;
    expect(companionsOf({ pid, startTicks }).map((stat) => stat.pid)).toEqual([server]);
    expect(companionsOf({ pid, startTicks: startTicks - 1 })).toEqual([]);
    for (const other of [process.pid, 1, 0]) {
      expect(companionsOf({ pid: other, startTicks: readStat(other)?.startTicks ?? 0 })).toEqual([]);
    }
  });
});
