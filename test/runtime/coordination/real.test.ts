/** Agents over real processes: a cause and its victim, and a death of the runtime in the middle of healing. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import { openJournal } from '../../../src/runtime/journal/index.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import { systemClock } from '../../../src/runtime/start.ts';
import type { FleetStatus } from '../../../src/runtime/status.ts';
import { ask, until } from '../harness.ts';
import { makeTeamFleet, type TeamFleet } from './team-fleet.ts';

interface Run {
  readonly child: ChildProcess;
  readonly events: RuntimeEvent[];
}

let fleet: TeamFleet;
let run: Run | null = null;

beforeEach(async () => {
  fleet = await makeTeamFleet();
});

afterEach(async () => {
  if (run !== null) await end(run, 'SIGKILL');
  run = null;
  fleet.remove();
});

function start(onEvent: (event: RuntimeEvent, child: ChildProcess) => void = () => {}): Run {
  const child = fork(new URL('./team-child.ts', import.meta.url), [fleet.config], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const events: RuntimeEvent[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const event = JSON.parse(line) as RuntimeEvent;
    events.push(event);
    onEvent(event, child);
  });
  return { child, events };
}

async function end({ child }: Run, how: 'close' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (how === 'close') child.send('close');
  else child.kill('SIGKILL');
  await exited;
}

async function status({ child }: Run): Promise<FleetStatus> {
  const answer = once(child, 'message');
  child.send('status');
  return (await answer)[0] as FleetStatus;
}

const isWell = async (port: number): Promise<boolean> => (await ask(port, '/'))?.status === 200;
const isHold = (event: RuntimeEvent): boolean =>
  event.kind === 'agents' && event.record.kind === 'hold' && event.record.service === 'web';

const isLoss = (event: RuntimeEvent): boolean => event.kind === 'agents' && event.record.kind === 'lost';

/** Both have answered their probes, so that silence means something. */
async function ready(one: Run): Promise<void> {
  await until('healix is ready', () => one.events.some(({ kind }) => kind === 'ready'));
  await until('both are healthy', async () => (await status(one)).healthy === 2);
  // A process that has not answered a probe yet is one that starts.
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

async function entries(): Promise<JournalEntry[]> {
  const journal = await openJournal(fleet.journal, { clock: systemClock });
  const read = [...journal.read()];
  await journal.close();
  return read;
}

it('heals the cause, holds the victim back, and says so in status and history', async () => {
  run = start();
  await ready(run);
  await ask(fleet.db, '/break');
  await until('the victim is held back', () => run!.events.some(isHold));
  const { coordination } = await status(run);
  expect(run.events.filter(isLoss)).toEqual([]);
  expect(coordination).toMatchObject({ level: 'advanced', agents: { epoch: 1, lost: null } });
  await until('the cause is healed', () => isWell(fleet.db));
  await until('the incident is over', () =>
    run!.events.some((event) => event.kind === 'agents' && event.record.kind === 'over'),
  );
  await end(run, 'close');
  expect(fleet.starts('web')).toHaveLength(1);
  expect(fleet.starts('db')).toHaveLength(2);
  const written = await entries();
  expect(written.find(({ kind }) => kind === 'started')).toMatchObject({
    level: 'advanced',
    constitution: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const kinds = written.flatMap((entry) => (entry.kind === 'agents' ? [entry.record.kind] : []));
  expect(kinds).toEqual(expect.arrayContaining(['escalation', 'diagnosis', 'hold', 'over']));
}, 120_000);

it('killed in the middle, goes on where it was: nothing is done twice, and the victim is left alone', async () => {
  let isKilled = false;
  run = start((event, child) => {
    if (event.kind !== 'decided' || event.service !== 'db' || isKilled) return;
    isKilled = true;
    child.kill('SIGKILL');
  });
  await ready(run);
  await ask(fleet.db, '/break');
  await until('healix is dead', () => run!.child.signalCode === 'SIGKILL');
  run = start();
  await until('healix is ready again', () => run!.events.some(({ kind }) => kind === 'ready'));
  await until('the cause is healed', () => isWell(fleet.db));
  await until('both are healthy', async () => (await status(run!)).healthy === 2);
  expect(run.events.filter(isLoss)).toEqual([]);
  expect((await status(run)).coordination.agents).toMatchObject({ epoch: 1, lost: null });
  await end(run, 'close');
  expect(fleet.starts('web')).toHaveLength(1);
  const written = await entries();
  const intents = written.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
  const effects = written.flatMap((entry) => (entry.kind === 'effect' ? [entry.action] : []));
  expect(new Set(intents.map(({ id }) => id)).size).toBe(intents.length);
  expect(new Set(effects).size).toBe(effects.length);
  const restarts = intents.filter(({ kind, service }) => kind === 'restart' && service === 0);
  expect(fleet.starts('db').length - 1).toBeLessThanOrEqual(restarts.length);
}, 120_000);
