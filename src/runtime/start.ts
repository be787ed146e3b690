/** Starts the runtime: takes over what an earlier run left, starts what is missing, and begins to look. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Healer, Roster } from '../../strategies/contract.ts';
import type { Level } from '../../strategies/coordinate/coordination.ts';
import type { Network } from '../../strategies/coordinate/network.ts';
import { HealixError } from '../errors.ts';
import { type ActuatorEvent, ProcessActuator } from './actuators/process-actuator.ts';
import { Approvals } from './approvals.ts';
import { type RuntimeConfig, rosterOf } from './config.ts';
import type { Control, Controlled } from './control/control.ts';
import { controlledBy } from './control/controlled.ts';
import { openControl, tokenOf } from './control/open-control.ts';
import type { Shown } from './control/shown.ts';
import { coordinationOf, coordinationThen, type ReadConstitution, type Wanted } from './coordination/wanted.ts';
import type { RuntimeEvent, Tell } from './events.ts';
import { HistoryLog } from './history.ts';
import {
  carried,
  fitted,
  type HealerMemory,
  hashInUse,
  healerInUse,
  type InUse,
  isFleetMemory,
  levelEntry,
  startedAbove,
} from './in-use.ts';
import { type FileJournal, openJournal } from './journal/index.ts';
import { isDiskError } from './journal/trouble.ts';
import { Lessons } from './lessons.ts';
import { Listing } from './listing.ts';
import type { Clock, Effect, JournalEntry } from './ports.ts';
import { callAgain, type Resumed, resume, rosterDigest } from './resume.ts';
import { Runtime } from './runtime.ts';
import { backgroundClock } from './signs/background-clock.ts';
import { openSigns } from './signs/open-signs.ts';
import { announcePorts, managed, type Site, setUp } from './site.ts';
import { standingIn } from './standing.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';
import { openTraffic, type TrafficControl } from './traffic.ts';

export interface RuntimeOptions {
  readonly config: RuntimeConfig;
  readonly inUse: InUse;
  /** Goes before the level that the config names, and that the strategy was bred at. */
  readonly level?: Level | undefined;
  /** Reads what agents are judged by; needed at any level but basic. */
  readonly readConstitution?: ReadConstitution | undefined;
  /** What carries agents' letters: in process, unless a test wants them lost. */
  readonly network?: Network | undefined;
  /** Version of healix, for the journal. */
  readonly version: string;
  readonly clock?: Clock;
  /** Reads the config again, for a reload that is asked for over the control API. */
  readonly readConfig?: () => RuntimeConfig;
  readonly onEvent?: (event: RuntimeEvent) => void;
  /** What people with a browser are shown on the control address. */
  readonly shown?: Shown | undefined;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Of an action that the run before began: whether it was carried out, nobody saw. */
const UNSEEN: Effect = { kind: 'failed', reason: 'healix ended before it was seen to end' };

/**
 * Throws `HealixError` when the journal cannot be gone on with, the state folder cannot be written or a port is taken, with nothing
 * left running.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  try {
    mkdirSync(options.config.stateDir, { recursive: true, mode: 0o700 });
    return await start(options);
  } catch (error) {
    throw isDiskError(error) ? stateUnwritable(options.config.stateDir, error) : error;
  }
}

async function start(options: RuntimeOptions): Promise<Runtime> {
  const { config, inUse } = options;
  const bred = inUse.kind === 'strategy' ? (inUse.level ?? 'basic') : 'basic';
  const wanted: Wanted = { level: options.level, bred, read: options.readConstitution };
  const coordination = coordinationOf(wanted, config);
  const clock = steadyClock(options.clock ?? systemClock);
  const startedAtMs = clock.now();
  const signs = openSigns({ config, secrets: [tokenOf(config)], onEvent: toListener(options.onEvent) });
  let lessons: Lessons | null = null;
  const tell: Tell = (event) => {
    signs.tell(event);
    lessons?.observe(event);
  };
  const history = new HistoryLog();
  let journal: FileJournal | null = null;
  let traffic: TrafficControl | null = null;
  let control: Control | null = null;
  try {
    const onEntry = (entry: JournalEntry): void => history.note(entry);
    const opened = await openJournal(join(config.stateDir, 'journal'), { clock, onEntry });
    journal = opened;
    const write = (entry: JournalEntry): Promise<void> =>
      opened.append(entry).catch((error: unknown) => {
        tell({ kind: 'journal-failed', atMs: clock.now(), reason: String(error) });
      });
    const roster = rosterOf(config);
    const healer = healerInUse(inUse, config.policies, coordination);
    const identity = { version: options.version, pack: hashInUse(inUse), services: rosterDigest(roster) };
    const then = (level: string | null): Healer<HealerMemory> =>
      level === coordination.level
        ? healer
        : healerInUse(inUse, config.policies, coordinationThen(wanted, config, level));
    const resumed = resume(
      passing(opened.readRecent(), clock),
      healer,
      identity,
      then as (level: string | null) => Healer,
    );
    for (const text of config.warnings) tell({ kind: 'warning', atMs: clock.now(), text });
    tell({ kind: 'resumed', atMs: clock.now(), resumed, opening: opened.opening });
    const memory = memoryFrom(resumed, healer, levelEntry(coordination), roster, clock.now());
    // In one breath: a start without its memory would have forgotten what the run before knew.
    await Promise.all([
      write({ kind: 'started', atMs: clock.now(), config: config.digest, ...identity, ...levelEntry(coordination) }),
      write({ kind: 'memory', atMs: clock.now(), memory: structuredClone(memory) }),
    ]);
    let asked: Controlled | null = null;
    let runtime: Runtime | null = null;
    control = await openControl(() => asked, config, options.shown);
    const reportsTo = { host: config.control.host, port: control.port, token: tokenOf(config) };
    const gateways = await openTraffic(config, Math.random, (reason) =>
      tell({ kind: 'trouble', atMs: clock.now(), reason }),
    );
    traffic = gateways;
    const listing = new Listing(gateways.setListed);
    listing.follow(config, healer.windowMs);
    const actuator: ProcessActuator = new ProcessActuator({
      services: config.services.map((service) => managed(service, config.stateDir, reportsTo)),
      stateFolder: config.stateDir,
      clock,
      gateway: traffic,
      alert: (action, service, signal) => {
        tell({ kind: 'escalated', atMs: clock.now(), service, reason: action.reason });
        return signs.escalate(action, service, signal);
      },
      ready: async (record, signal) => runtime?.isReady(record, signal) ?? true,
      onEvent: async (event) => {
        // Before anything is awaited, so that no report of the new process is there yet.
        if (event.kind === 'started') {
          runtime?.forgetReports(event.record);
          listing.started(event.record, clock.now());
        } else if (event.kind === 'exited') listing.ended(event.record, clock.now());
        tell({ kind: 'process', atMs: clock.now(), event });
        const entry = entryOf(event, clock.now());
        if (entry !== null) await write(entry);
        announcePorts(actuator, gateways);
      },
    });
    // Before any call can reach a replica.
    for (const measure of standingIn(memory, inUse, resumed.isSameFleet ? resumed.unsettled : [])) {
      const { id, actions } = config.services[measure.service]!;
      // What is done by the service's own command was never the gateway's to do, nor would it be to undo.
      if (!actions.has(measure.kind)) await traffic.act(measure, id, new AbortController().signal);
    }
    const adoptions = await actuator.adopt(resumed.processes);
    for (const [service, slots] of Object.entries(actuator.state()))
      for (const [replica, { state }] of slots.entries())
        if (state.kind === 'dead') listing.ended({ service, replica }, clock.now());
    const adopted = adoptions.filter(({ kind }) => kind === 'adopted' || kind === 'found').length;
    const effects = await actuator.start();
    announcePorts(actuator, traffic);
    lessons = new Lessons(
      {
        write: (lesson) => void write({ kind: 'lesson', atMs: clock.now(), lesson }),
        isIncidentOpen: () => runtime?.hasIncident ?? false,
      },
      history.lessons(),
      clock.now(),
    );
    const approvals = new Approvals({ clock, tell, write });
    const site: Site = {
      inUse,
      wanted,
      network: options.network,
      wakeClock: options.clock === undefined ? backgroundClock : clock,
      clock,
      tell,
      signs,
      journal: opened,
      history,
      write,
      actuator,
      traffic,
      listing,
      onLook(record) {
        signs.metrics.look(record);
        listing.looked(record);
      },
      approvals,
      lessons,
      startedAtMs,
      control,
      reportsTo,
    };
    const setup = setUp(site, config, coordination, roster, healer, memory);
    for (const { action, service, result, isOpen } of resumed.unsettled) {
      if (isOpen) await write({ kind: 'effect', atMs: clock.now(), action, effect: UNSEEN });
      if (resumed.isSameFleet) await setup.loop.settle(action, service, result);
    }
    tell({ kind: 'ready', atMs: clock.now(), adopted, started: effects.filter(({ kind }) => kind === 'done').length });
    runtime = new Runtime(site, setup);
    asked = controlledBy(runtime, { readConfig: options.readConfig ?? null, metrics: () => signs.metrics.text() });
    return runtime;
  } catch (error) {
    await control?.close();
    await traffic?.close();
    await journal?.close();
    await signs.close();
    throw error;
  }
}

/** Whoever listens may fail, and healing goes on: what it throws is told once to standard error, and it is still told the rest. */
function toListener(onEvent: RuntimeOptions['onEvent']): Tell {
  let hasFailed = false;
  return (event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      if (!hasFailed) process.emitWarning(`a listener to healix's events failed: ${String(error)}`);
      hasFailed = true;
    }
  };
}

function stateUnwritable(folder: string, error: Error): HealixError {
  const message = `cannot keep state in ${folder}: ${error.message}\nFree space, make it writable, or name another stateDir.`;
  return new HealixError('state-unwritable', message, { cause: error });
}

/** The entries, and time goes on from the latest of them. */
function* passing(entries: Iterable<JournalEntry>, clock: SteadyClock): Generator<JournalEntry> {
  for (const entry of entries) {
    clock.notBefore(entry.atMs);
    yield entry;
  }
}

/** What was known, for the services there are now. Limits of the guard are those of the config, which may have changed. */
function memoryFrom(
  resumed: Resumed,
  healer: Healer<HealerMemory>,
  { level, constitution }: ReturnType<typeof levelEntry>,
  roster: Roster,
  atMs: number,
): HealerMemory {
  const memory = resumed.memory as HealerMemory | null;
  if (memory === null) return startedAbove(healer, roster, resumed.epoch);
  if (isFleetMemory(memory)) callAgain(memory, resumed.unsettled);
  if (resumed.isSameFleet) {
    healer.heal(memory, { kind: 'config', atMs, guard: roster.guard });
    // Agents of another level, or judged by other rules, start anew.
    const isSame = (resumed.level ?? 'basic') === level && resumed.constitution === (constitution ?? null);
    const known = isFleetMemory(memory) ? ({ ...memory, roster } as HealerMemory) : memory;
    return isSame ? known : fitted(known, healer, resumed.epoch);
  }
  for (const { action, service, result } of resumed.unsettled)
    healer.heal(memory, { kind: 'outcome', atMs, service, action, result });
  return carried(memory, healer, roster, resumed.epoch);
}

function entryOf(event: ActuatorEvent, atMs: number): JournalEntry | null {
  switch (event.kind) {
    case 'started':
    case 'adopted':
      return { kind: 'process', atMs, process: event.record };
    case 'exited':
      return { kind: 'exit', atMs, pid: event.record.pid, code: event.code };
    case 'repaired':
      return { kind: 'repair', atMs, service: event.service, file: event.file, diff: event.diff };
    case 'over-memory':
      return { kind: 'note', atMs, text: `pid ${event.record.pid} used more than ${event.limitMb} MB` };
    case 'trouble':
      return { kind: 'note', atMs, text: event.reason };
  }
}
