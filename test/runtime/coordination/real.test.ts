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
import { patiently as until } from '../../tools/patiently.ts';
import { ask } from '../harness.ts';
import { wereSeenWell } from './seen-well.ts';
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

function start(
  onEvent: (event: RuntimeEvent, child: ChildProcess) => void = () => {},
  level: 'advanced' | 'full' = 'advanced',
): Run {
  const child = fork(new URL('./team-child.ts', import.meta.url), [fleet.config, level], {
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
  await until('both have answered their probes', () => wereSeenWell(one.events, 2, 3));
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
}, 600_000);

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
}, 600_000);

it('at level full every trouble is coordinated from its start, also that of a process that was killed', async () => {
  run = start(() => {}, 'full');
  await ready(run);
  // On a busy machine something may have looked ill at first.
  await until('no incident is open', async () => (await status(run!)).coordination.agents!.incident === null);
  const from = run.events.length;
  const before = fleet.starts('db');
  process.kill(before.at(-1)!, 'SIGKILL');
  await until('it is started again', () => fleet.starts('db').length > before.length);
  await until('it answers', () => isWell(fleet.db));
  await until('the incident is over', () =>
    run!.events.slice(from).some((event) => event.kind === 'agents' && event.record.kind === 'over'),
  );
  const since = run.events.slice(from);
  const asked = since.findIndex((event) => event.kind === 'agents');
  expect(since[asked]).toMatchObject({ record: { kind: 'escalation', why: 'every trouble is coordinated' } });
  // Help is asked for at the look that decides, not after attempts of its own.
  expect(asked).toBeLessThan(since.findIndex((event) => event.kind === 'decided' && event.service === 'db'));
  expect(run.events.filter(isLoss)).toEqual([]);
}, 600_000);
