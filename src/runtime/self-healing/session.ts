/** What a fleet needs to heal: its healer's memory, taken over from an earlier process where there is one, and the healing loop. */
import { carryMemory } from '../../../strategies/carry-memory.ts';
import type { GuardLimits, Healer, Roster } from '../../../strategies/contract.ts';
import type { FleetMemory } from '../../../strategies/memory.ts';
import { packageVersion } from '../../package-root.ts';
import { createHealingLoop, type HealingEvent, type HealingLoop } from '../healing-loop.ts';
import { BASIC, type Coordination, fitted, levelEntry, startedAbove } from '../in-use.ts';
import { openJournal } from '../journal/index.ts';
import type { Actuator, Clock, Journal, JournalEntry } from '../ports.ts';
import { type Resumed, resume, rosterDigest } from '../resume.ts';
import { steadyClock } from '../steady-clock.ts';
import { HealingHistory } from './history.ts';
import { MemoryJournal } from './memory-journal.ts';

export interface SessionParts {
  readonly healer: Healer<FleetMemory>;
  readonly coordination: Coordination;
  /** The healer of another level, to replay what was told to it. */
  readonly healerOf: (coordination: Coordination) => Healer<FleetMemory>;
  readonly wakeClock: Pick<Clock, 'after'>;
  /** Content hash of the pack, or what stands for it. */
  readonly pack: string;
  readonly roster: Roster;
  /** The limits as they are now; they may change while the session is being opened. */
  readonly guard: () => GuardLimits;
  /** Folder of the journal; null: it lasts as long as the process. */
  readonly folder: string | null;
  readonly clock: Clock;
  readonly actuator: Actuator;
  readonly onEvent: (event: HealingEvent, history: HealingHistory) => void;
  /** Told of the loop as soon as there is one: who changes the limits from then on tells it. */
  readonly onLoop: (loop: HealingLoop) => void;
}

export interface Session {
  readonly roster: Roster;
  readonly memory: FleetMemory;
  readonly loop: HealingLoop;
  readonly journal: Journal;
  readonly history: HealingHistory;
  /** Digest of the roster. */
  readonly services: string;
  /** Whole milliseconds since the epoch, never before what an earlier process wrote down. */
  readonly now: () => number;
}

/** @throws HealixError when the journal cannot be gone on with; then nothing is held. */
export async function openSession(parts: SessionParts): Promise<Session> {
  const { healer, roster, folder, actuator, coordination } = parts;
  const clock = steadyClock({
    now: () => Math.floor(parts.clock.now()),
    after: (ms, call) => parts.clock.after(ms, call),
  });
  const { now } = clock;
  const journal = folder === null ? new MemoryJournal() : await openJournal(folder, { clock });
  try {
    const identity = { version: packageVersion(), pack: parts.pack, services: rosterDigest(roster) };
    const entries = [...journal.read()];
    const lastMs = entries.reduce((latest, { atMs }) => Math.max(latest, atMs), -1);
    // A wall clock that was put back between two processes must not make the healer deaf until it has caught up.
    clock.notBefore(lastMs + 1);
    const said = levelEntry(coordination);
    const resumed = resume(entries, healer, identity, (level) =>
      // Without its constitution, which nobody has kept, it can only be told alone.
      (level ?? 'basic') === said.level ? healer : level === null || level === 'basic' ? parts.healerOf(BASIC) : healer,
    );
    const memory = memoryFrom(resumed, healer, said, roster, now());
    const guard = parts.guard();
    healer.heal(memory, { kind: 'config', atMs: now(), guard });
    const history = new HealingHistory();
    history.replay(entries);
    const begin: JournalEntry[] = [
      { kind: 'started', atMs: now(), config: '', ...identity, ...said },
      { kind: 'memory', atMs: now(), memory: structuredClone(memory) },
    ];
    for (const entry of begin) await journal.append(entry);
    const loop = createHealingLoop({
      healer,
      memory,
      services: roster.services.map(({ id }) => id),
      actuator,
      journal,
      clock,
      // The guard's own dry run refuses, and says so.
      dryRun: false,
      wakeClock: { now, after: (ms, call) => parts.wakeClock.after(ms, call) },
      onEvent: (event) => parts.onEvent(event, history),
    });
    parts.onLoop(loop);
    if (parts.guard() !== guard) void loop.limit(parts.guard());
    for (const { action, service, result, isOpen } of resumed.unsettled) {
      const effect = { kind: 'failed', reason: 'the process ended before it did' } as const;
      if (isOpen) {
        history.end(action, now(), effect);
        await journal.append({ kind: 'effect', atMs: now(), action, effect });
      }
      if (resumed.isSameFleet) await loop.settle(action, service, result);
    }
    return { roster, memory, loop, journal, history, services: identity.services, now };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** What was known, for the services there are now: those that stay keep all of it. Agents of another level or other rules start anew. */
function memoryFrom(
  resumed: Resumed,
  healer: Healer<FleetMemory>,
  { level, constitution }: ReturnType<typeof levelEntry>,
  roster: Roster,
  atMs: number,
): FleetMemory {
  const memory = resumed.memory as FleetMemory | null;
  if (memory === null) return startedAbove(healer, roster, resumed.epoch);
  if (resumed.isSameFleet) {
    const isSame = (resumed.level ?? 'basic') === level && resumed.constitution === (constitution ?? null);
    return isSame ? memory : fitted(memory, healer, resumed.epoch);
  }
  for (const { action, service, result } of resumed.unsettled)
    healer.heal(memory, { kind: 'outcome', atMs, service, action, result });
  return fitted(carryMemory(memory, roster), healer, resumed.epoch);
}
