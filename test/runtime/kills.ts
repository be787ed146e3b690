/** Kills a runtime at random moments, and holds what is left of it to what no kill may change. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import seedrandom from 'seedrandom';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import { openJournal, verifyJournal } from '../../src/runtime/journal/index.ts';
import { systemClock } from '../../src/runtime/start.ts';
import type { ServiceStatus } from '../../src/runtime/status.ts';
import { audit } from './audit.ts';
import { ask, until } from './harness.ts';
import type { KillFleet } from './kill-fleet.ts';
import type { Ask } from './runtime-child.ts';

const CHILD = fileURLToPath(new URL('./runtime-child.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');
const ASK_EVERY_MS = 50;
/** Shares of the kills: while it starts; later right after it took an order or decided on something; with the last line torn. */
const EARLY_SHARE = 0.35;
const ORDER_SHARE = 0.25;
const DECIDED_SHARE = 0.5;
const TORN_SHARE = 0.2;
const START_MS_MAX = 2000;
const WORK_MS_MAX = 1500;
/** From a decision to some time after its effect is told. */
const ACT_MS_MAX = 60;
const ACT_WAIT_MS = 4000;

export interface KillOptions {
  readonly fleet: KillFleet;
  readonly kills: number;
  readonly seed: string;
}

/** What the absence of the gateway cost: calls that its port did not answer, and for how long. */
export interface Absence {
  readonly lost: number;
  readonly ms: number;
}

export interface Killed {
  readonly kills: number;
  readonly torn: number;
  /** Of each time it was away. */
  readonly absences: readonly Absence[];
  readonly actions: number;
  readonly restarts: number;
}

interface Run {
  readonly child: ChildProcess;
  readonly events: RuntimeEvent[];
}

/** Throws with the seed and the number of the kill when something does not hold. Ends with the services stopped. */
export async function sufferKills({ fleet, kills, seed }: KillOptions): Promise<Killed> {
  const random = seedrandom(seed);
  const acknowledged = new Set<number>();
  const absences: Absence[] = [];
  let torn = 0;
  let isPaused = false;
  let kill = 0;
  let run = begin(fleet, acknowledged);
  try {
    await isReady(run);
    await until('web answers', async () => (await ask(fleet.gateway.web, '/'))?.status === 200);
    await order(run, 'shut', 'isolate');
    await order(run, 'held', 'pause');
    await until('held runs', () => fleet.starts('held').length > 0);
    process.kill(fleet.starts('held')[0]!, 'SIGKILL');
    await until('its end is seen', () => run.events.some(isExit));
    const users = watchUsers(fleet, absences);
    for (; kill < kills; kill++) {
      if (random() < EARLY_SHARE) await pause(START_MS_MAX * random());
      else {
        await isReady(run);
        await holds(run, fleet, isPaused);
        if (random() < ORDER_SHARE) {
          isPaused = !isPaused;
          await order(run, 'shut', isPaused ? 'pause' : 'resume');
        } else if (random() < DECIDED_SHARE) await aboutToAct(run, ACT_MS_MAX * random());
        else await pause(WORK_MS_MAX * random());
      }
      await end(run);
      const isTorn = random() < TORN_SHARE && tear(fleet.journal);
      run = begin(fleet, acknowledged);
      if (!isTorn) continue;
      torn += 1;
      await isReady(run);
      const resumed = run.events.find((event) => event.kind === 'resumed');
      assert.ok(resumed?.kind === 'resumed' && resumed.opening.repair !== null, 'a torn line was not reported');
    }
    await isReady(run);
    await holds(run, fleet, isPaused);
    users.stop();
    assert.deepEqual(users.trouble, []);
    run.child.send({ kind: 'close' } satisfies Ask);
    await once(run.child, 'exit');
    // What a kill cut off is mended by the next opening, and then everything must be good.
    const journal = await openJournal(fleet.journal, { clock: systemClock });
    const entries = [...journal.read()];
    await journal.close();
    assert.equal(verifyJournal(fleet.journal).kind, 'good');
    const { actions, restarts } = audit(entries, fleet, acknowledged, torn);
    return { kills, torn, absences, actions, restarts };
  } catch (error) {
    const detail = run.events.filter(({ kind }) => kind === 'trouble').slice(-3);
    throw new Error(`seed=${seed} kill=${kill} of ${kills}: ${String(error)} ${JSON.stringify(detail)}`, {
      cause: error,
    });
  } finally {
    await end(run);
  }
}

/** In words, for whoever reads the test's output. */
export function costOf({ kills, torn, absences, actions, restarts }: Killed): string {
  const worst = (key: keyof Absence): number => Math.max(0, ...absences.map((absence) => absence[key]));
  const mean = (key: keyof Absence): number =>
    absences.reduce((sum, absence) => sum + absence[key], 0) / Math.max(1, absences.length);
  return [
    `${kills} kills, ${torn} torn lines, ${actions} actions, ${restarts} restarts;`,
    `the gateway was away ${absences.length} times: ${mean('ms').toFixed(0)} ms (worst ${worst('ms').toFixed(0)}),`,
    `${mean('lost').toFixed(1)} calls lost each (worst ${worst('lost')}) at ${1000 / ASK_EVERY_MS} a second`,
  ].join(' ');
}

function begin(fleet: KillFleet, acknowledged: Set<number>): Run {
  const child = spawn(process.execPath, ['--import', LOADER, CHILD, fleet.config], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const events: RuntimeEvent[] = [];
  let rest = '';
  child.stdout!.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const event = JSON.parse(line) as RuntimeEvent;
      events.push(event);
      // Told only after its effect was written down.
      if (event.kind === 'acted') acknowledged.add(event.action.id);
    }
  });
  return { child, events };
}

async function end({ child }: Run): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  // Its last words are still in the pipe.
  await once(child, 'close');
}

async function isReady({ child, events }: Run): Promise<void> {
  await until('it is ready', () => {
    assert.equal(child.exitCode, null, 'it ended by itself');
    return events.some(({ kind }) => kind === 'ready');
  });
}

/** Some moments after the next decision, if there is one soon. */
async function aboutToAct({ child, events }: Run, ms: number): Promise<void> {
  const seen = events.length;
  const isDecided = () => events.slice(seen).some(({ kind }) => kind === 'decided');
  const lateMs = Date.now() + ACT_WAIT_MS;
  while (!isDecided() && Date.now() < lateMs)
    await Promise.race([once(child.stdout!, 'data'), pause(lateMs - Date.now())]);
  await pause(ms);
}

/** What every start has to have taken over. */
async function holds(run: Run, fleet: KillFleet, isPaused: boolean): Promise<void> {
  const status = await request<ServiceStatus[]>(run, { kind: 'status' });
  const of = (service: string): ServiceStatus => status.find(({ id }) => id === service)!;
  assert.equal(of('held').paused, true, 'a pause was forgotten');
  assert.equal(of('held').replicas[0]!.state, 'dead', 'what is paused was started');
  assert.equal(of('shut').circuit, 'isolated', 'an open circuit was forgotten');
  assert.equal(of('shut').paused, isPaused, 'an order that was taken was forgotten');
  assert.equal(of('web').replicas[0]!.pid, fleet.starts('web')[0], 'a running service was replaced');
  assert.equal((await ask(fleet.gateway.shut, '/'))?.status, 503, 'an open circuit lets calls through');
}

function isExit(event: RuntimeEvent): boolean {
  return event.kind === 'process' && event.event.kind === 'exited' && event.event.record.service === 'held';
}

async function order(run: Run, service: string, command: 'pause' | 'resume' | 'isolate'): Promise<void> {
  const answer = await request<{ readonly kind: string }>(run, { kind: 'order', service, command });
  assert.equal(answer.kind, 'taken');
}

async function request<T>({ child }: Run, asked: Ask): Promise<T> {
  const answer = once(child, 'message');
  child.send(asked);
  return (await answer)[0] as T;
}

/** Asks the services themselves, which must always answer, and their gateways, whose absences are counted. */
function watchUsers(fleet: KillFleet, absences: Absence[]) {
  const trouble: string[] = [];
  const pid = String(fleet.starts('web')[0]);
  let lost = 0;
  let sinceMs = 0;
  const timer = setInterval(() => {
    void ask(fleet.port.web, '/').then((answer) => {
      if (answer?.body !== pid) trouble.push(`web itself answered ${JSON.stringify(answer)}`);
    });
    void ask(fleet.gateway.shut, '/').then((answer) => {
      if (answer?.status === 200) trouble.push('an open circuit let a call through');
    });
    const askedMs = Date.now();
    void ask(fleet.gateway.web, '/').then((answer) => {
      if (answer?.status !== 200) {
        if (lost === 0) sinceMs = askedMs;
        lost += 1;
      } else if (lost > 0 && askedMs > sinceMs) {
        absences.push({ lost, ms: askedMs - sinceMs });
        lost = 0;
      }
    });
  }, ASK_EVERY_MS);
  return { trouble, stop: () => clearInterval(timer) };
}

/** As if the kill had struck in the middle of a write. */
function tear(folder: string): boolean {
  const newest = readdirSync(folder)
    .filter((name) => /^journal-\d+\.jsonl$/.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) return false;
  appendFileSync(join(folder, newest), '{"half a li');
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
