import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logPath } from '../../../src/runtime/actuators/managed-service.ts';
import { never, newPlace, order, remember, textOf, until } from './harness.ts';

/** Starts a writer that goes on when the command has ended, as one does that starts a server. */
const STARTS_A_WRITER = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const [pid] = process.argv.slice(2);
const flood = "setInterval(() => console.log('x'.repeat(2000)), 20)";
const writer = spawn(process.execPath, ['-e', flood], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
writeFileSync(pid, String(writer.pid));
writer.unref();
`;

describe('the output of own commands', () => {
  it.each([
    ['the replica is dead', 1],
    ['there is no replica', 0],
  ])('is rotated again and again while %s', async (_, start) => {
    const place = newPlace();
    const [script, pid] = [place.script('own', STARTS_A_WRITER), `${place.folder}/pid`];
    const command = { command: [process.execPath, script, pid], timeoutMs: 60_000 };
    const service = place.service('shop', {
      command: ['/nowhere/x'],
      replicas: { min: 0, start, max: 1 },
      actions: new Map([['reconnect', command]] as const),
    });
    const { actuator, slot } = place.actuator([service], { logLimits: { bytesMax: 10_000, copies: 2 } });
    await actuator.start();
    expect(slot('shop', 0).state.kind).toBe(start === 1 ? 'dead' : 'empty');
    const done = await actuator.act(order('reconnect'), 'shop', never);
    remember(Number(textOf(pid)));
    expect(done).toMatchObject({ kind: 'done' });
    const log = logPath(service, null, 'action');
    // In the midst of a rotation one of them is not there.
    const isFull = (copy: string): boolean => (statSync(`${log}.${copy}`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    await until('it is rotated twice', () => isFull('1') && isFull('2'), 30_000);
    await actuator.close({ leaveRunning: false });
  });
});
