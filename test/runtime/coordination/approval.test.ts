/** A human's yes over real processes: asked by the overseer, over a death of healix, answered on the command line. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Waiting } from '../../../src/runtime/approvals.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { HistoryRow } from '../../../src/runtime/history.ts';
import type { Lesson } from '../../../src/runtime/lesson.ts';
import type { FleetStatus } from '../../../src/runtime/status.ts';
import { healix } from '../../cli/fakes.ts';
import { patiently as until } from '../../tools/patiently.ts';
import { ask } from '../harness.ts';
import { type CutFleet, makeCutFleet } from './cut-fleet.ts';
import { wereSeenWell } from './seen-well.ts';

let fleet: CutFleet;
let child: ChildProcess | null = null;
let events: RuntimeEvent[] = [];

beforeEach(async () => {
  fleet = await makeCutFleet();
});

afterEach(async () => {
  await end('SIGKILL');
  fleet.remove();
});

function start(): void {
  events = [];
  child = fork(new URL('./team-child.ts', import.meta.url), [fleet.config, 'full'], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  createInterface({ input: child.stdout! }).on('line', (line) => events.push(JSON.parse(line) as RuntimeEvent));
}

async function end(how: 'close' | 'SIGKILL'): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (how === 'close') child.send('close');
  else child.kill('SIGKILL');
  await exited;
}

const cli = (...words: string[]) => healix([...words, '--config', fleet.config]);
const asJson = async <T>(...words: string[]): Promise<T> => JSON.parse((await cli(...words, '--json')).out) as T;
const waiting = async (): Promise<Waiting[]> =>
  (await cli('approvals')).code === 0 ? asJson<Waiting[]>('approvals') : [];
const isServed = async (): Promise<boolean> => (await ask(fleet.web, '/'))?.status === 200;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every service has been looked at while well, and then web is cut off from db. */
async function cut(): Promise<Waiting> {
  await until('healix is ready', () => events.some(({ kind }) => kind === 'ready'));
  await until('all are healthy', async () => (await asJson<FleetStatus>('status')).healthy === 3);
  await until('all were looked at', () => wereSeenWell(events, 3, 5));
  await ask(fleet.web, '/cut');
  let found: Waiting | undefined;
  // On a busy machine others look ill at first, too, and a plan is made only every fifteen seconds.
  await until('a human is asked', async () => {
    found = (await waiting()).find(({ action }) => action === 'reconnect');
    return found !== undefined;
  });
  return found!;
}

it('is asked for with evidence, survives kill -9, is given on the command line, and only then it is done', async () => {
  start();
  const asked = await cut();
  expect(asked).toMatchObject({
    ...{ service: 'web', replica: -1, parameters: {} },
    evidence: { askedBy: { kind: 'article', article: 'ask-for-the-critical' }, bid: { ready: 1 } },
  });
  const shown = (await cli('approvals', String(asked.id))).out;
  expect(shown).toContain('article ask-for-the-critical of the constitution');
  expect(shown).toContain('connections from web to db');
  await pause(3000);
  expect(fleet.reconnects()).toEqual([]);
  await end('SIGKILL');
  start();
  await until('it is asked again', async () => (await waiting()).some(({ id }) => id === asked.id));
  const again = (await waiting()).find(({ id }) => id === asked.id)!;
  expect(again).toMatchObject({ hash: asked.hash, untilMs: asked.untilMs });
  expect(fleet.reconnects()).toEqual([]);
  expect(await isServed()).toBe(false);
  expect((await cli('approve', String(asked.id), '--hash', asked.hash.slice(0, 12))).out).toContain(
    'approved: reconnect of web',
  );
  await until('web is served again', isServed);
  expect(fleet.reconnects()).toEqual(['web']);
  expect((await cli('approve', String(asked.id))).err).toContain('waits for approval');
  await until('what came of it is known', async () =>
    (await asJson<Lesson[]>('history', '--lessons')).some(({ outcome }) => outcome !== null),
  );
  const [lesson] = await asJson<Lesson[]>('history', '--lessons');
  expect(lesson).toMatchObject({
    situation: { service: 'web', cause: { cause: 'connections from web to db' } },
    ...{ wanted: { kind: 'action', action: 'reconnect' }, chosen: { kind: 'approve' } },
    outcome: { kind: 'recovered' },
  });
  const rows = await asJson<HistoryRow[]>('history', '--limit', '200');
  const steps = rows.flatMap((row) => (row.kind === 'approval' && row.id === asked.id ? [row.step] : []));
  expect(steps).toEqual(['asked', 'asked', 'approved', 'used']);
  await end('close');
  expect((await healix(['journal', 'verify', fleet.journal])).out).toContain('OK');
}, 600_000);

it('is not given: it never happens, and a human is called', async () => {
  start();
  const asked = await cut();
  expect((await cli('deny', String(asked.id))).out).toContain('denied: reconnect of web');
  await until('a human is called', () =>
    events.some(
      (event) => event.kind === 'escalated' && event.service === 'web' && event.reason.includes('was denied by'),
    ),
  );
  await pause(3000);
  expect(fleet.reconnects()).toEqual([]);
  expect((await waiting()).filter(({ action }) => action === 'reconnect')).toEqual([]);
  expect(await asJson<Lesson[]>('history', '--lessons')).toMatchObject([{ chosen: { kind: 'deny' } }]);
}, 600_000);
