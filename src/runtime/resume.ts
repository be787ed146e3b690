/**
 * What a start takes over from the run before: the healer's memory as it was at the last entry, the processes that ran, and actions
 * of which the healer was not told how they ended.
 */
import { createHash } from 'node:crypto';
import type { Action, ActionKind, Healer, HealInput, Outcome } from '../../strategies/contract.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { epochOf } from './coordination/team-memory.ts';
import type { HealerMemory } from './in-use.ts';
import type { JournalEntry, ProcessRecord } from './ports.ts';

export interface Resumed {
  /** As it was after the last entry. Null when there is nothing to resume, or what there is belongs to another healer. */
  readonly memory: unknown;
  /** Whether it is for the list of services asked for, and not for an earlier one. */
  readonly isSameFleet: boolean;
  /** The last process written down for each replica, ended or not: only those that were stopped on purpose are left out. */
  readonly processes: readonly ProcessRecord[];
  /** What the runtime died over. The healer is told how it ended, and it is never carried out again. */
  readonly unsettled: readonly Unsettled[];
  readonly entries: number;
  /** What the healer was that the memory belongs to; null: older journals do not say. */
  readonly level: string | null;
  readonly constitution: string | null;
  /** The last epoch of any coordinator that the journal tells of; 0 when it tells of none. */
  readonly epoch: number;
}

/** An action that the healer still waits for. */
export interface Unsettled {
  readonly action: number;
  readonly kind: ActionKind;
  /** Index in the roster that the memory is for. */
  readonly service: number;
  /** Without an effect in the journal it counts as failed: nobody knows whether it was begun. */
  readonly result: Outcome['result'];
  /** The journal has its intent and no effect. */
  readonly isOpen: boolean;
}

type Intent = Extract<JournalEntry, { readonly kind: 'intent' }>;

/** What memory belongs to: to another pack or another version of healix it means nothing. */
export interface Identity {
  readonly version: string;
  readonly pack: string;
  /** Digest of the list of services. */
  readonly services: string;
}

/**
 * Reads a journal from its beginning. The healer is asked again for every input since its memory was last written down: the same
 * memory and input give the same memory, so that nothing of breakers, attempts and cool-downs is lost. `healerOf`: the healer of another
 * level, when it was that one which was told.
 */
export function resume(
  entries: Iterable<JournalEntry>,
  healer: Healer,
  identity: Identity,
  healerOf: (level: string | null) => Healer = () => healer,
): Resumed {
  let memory: unknown = null;
  let known: Identity | null = null;
  /** The list of services that the memory is for. */
  let fleet = '';
  let level: string | null = null;
  let constitution: string | null = null;
  let epoch = 0;
  let lastAction = 0;
  let count = 0;
  let inputs: HealInput[] = [];
  const processes = new Processes();
  const open = new Map<number, Intent>();
  /** Effects whose outcome the healer was not told. */
  const untold = new Map<number, Outcome['result']>();
  /** Actions since memory was last written down that came to be intents. */
  const begun = new Set<number>();
  for (const entry of entries) {
    count += 1;
    processes.note(entry, open);
    switch (entry.kind) {
      case 'started': {
        const { version, pack, services } = entry;
        if (known !== null && !(known.version === version && known.pack === pack)) {
          // Numbers of actions mean nothing to another healer, and memory neither.
          open.clear();
          lastAction = 0;
          untold.clear();
          memory = null;
          inputs = [];
        }
        known = { version, pack, services };
        level = entry.level ?? null;
        constitution = entry.constitution ?? null;
        break;
      }
      case 'config':
        known = known === null ? null : Object.assign({}, known, { services: entry.services });
        level = entry.level ?? level;
        constitution = entry.constitution ?? constitution;
        break;
      case 'memory':
        memory = isOurs(known, identity) ? structuredClone(entry.memory) : null;
        fleet = known?.services ?? '';
        epoch = Math.max(epoch, epochOf(entry.memory));
        inputs = [];
        begun.clear();
        break;
      case 'input':
        if (memory !== null) inputs.push(entry.input);
        if (entry.input.kind === 'outcome') untold.delete(entry.input.action);
        break;
      case 'intent':
        open.set(entry.action.id, entry);
        begun.add(entry.action.id);
        if (isOurs(known, identity)) lastAction = Math.max(lastAction, entry.action.id);
        break;
      case 'effect':
        open.delete(entry.action);
        untold.set(entry.action, entry.effect.kind);
        break;
      default:
        break;
    }
  }
  // Only what the last memory does not know: what went before is in it.
  const asked = healerOf(level);
  const again = inputs.flatMap((input) => asked.heal(memory, input));
  const unbegun = again.filter(({ id }) => !begun.has(id));
  numberOn(memory, lastAction);
  return {
    memory,
    isSameFleet: fleet === identity.services,
    processes: processes.list(),
    unsettled: isOurs(known, identity) ? unsettledOf(memory, open, untold, unbegun) : [],
    entries: count,
    level,
    constitution,
    epoch: Math.max(epoch, epochOf(memory)),
  };
}

/** Where something else is decided than was then (other policies, another constitution), no number of an action is given twice. */
function numberOn(memory: unknown, lastAction: number): void {
  const numbered = memory as { nextActionId?: number } | null;
  if (numbered?.nextActionId !== undefined && numbered.nextActionId <= lastAction)
    numbered.nextActionId = lastAction + 1;
}

/**
 * Everything that was decided and not told to have ended: begun, done but not told, or not even written down as an intent. Whatever
 * is left out here holds its replica, and a place among the actions in flight, until the guard gives it up after ten minutes.
 */
function unsettledOf(
  memory: unknown,
  open: ReadonlyMap<number, Intent>,
  untold: ReadonlyMap<number, Outcome['result']>,
  unbegun: readonly Action[],
): Unsettled[] {
  const all = new Map<number, Unsettled>();
  // The guard does not count calls for a person as under way, but whoever was to be called does not know of it.
  for (const { id, kind, service } of unbegun)
    if (kind === 'escalate') all.set(id, { action: id, kind, service, result: 'failed', isOpen: false });
  for (const { id, kind, service } of (memory as Partial<HealerMemory> | null)?.guard?.flights ?? [])
    all.set(id, { action: id, kind, service, result: untold.get(id) ?? 'failed', isOpen: open.has(id) });
  for (const [id, { action }] of open)
    all.set(id, { action: id, kind: action.kind, service: action.service, result: 'failed', isOpen: true });
  return [...all.values()];
}

/** A person who was perhaps never told is called again: twice is better than not at all. */
export function callAgain(memory: FleetMemory, unsettled: readonly Unsettled[]): void {
  for (const { kind, service } of unsettled) {
    const known = memory.services[service];
    if (kind === 'escalate' && known !== undefined) known.episode.escalated = 0;
  }
}

/** Which process was the last of each replica. One that ended by itself stays listed: to start it anew is for the healer to decide. */
class Processes {
  readonly #last = new Map<string, ProcessRecord>();
  readonly #ended = new Set<string>();

  /** To be told before `open` is. */
  note(entry: JournalEntry, open: ReadonlyMap<number, Intent>): void {
    if (entry.kind === 'process') {
      this.#last.set(slotOf(entry.process), entry.process);
      this.#ended.delete(slotOf(entry.process));
    } else if (entry.kind === 'exit') {
      for (const [slot, { pid }] of this.#last) if (pid === entry.pid) this.#ended.add(slot);
    } else if (entry.kind === 'stopped' && entry.reason === 'stopped') this.#forgetEnded(null);
    else if (entry.kind === 'effect') {
      const intent = open.get(entry.action);
      if (intent?.action.kind === 'scale-down') this.#forgetEnded(intent.service);
    }
  }

  list(): ProcessRecord[] {
    return [...this.#last.values()];
  }

  /** `service` null: of all services. */
  #forgetEnded(service: string | null): void {
    for (const slot of this.#ended) {
      if (service !== null && this.#last.get(slot)?.service !== service) continue;
      this.#last.delete(slot);
      this.#ended.delete(slot);
    }
  }
}

function slotOf({ service, replica }: ProcessRecord): string {
  return `${service}/${replica}`;
}

function isOurs(known: Identity | null, identity: Identity): boolean {
  return known !== null && known.version === identity.version && known.pack === identity.pack;
}

/** Names a list of services, and what is known of them for good: what a healer's memory is for. The guard's limits are not of it. */
export function rosterDigest({ services, hosts, stateful, autoscaled }: PlacedRoster): string {
  const isPlain = hosts === undefined && stateful === undefined && autoscaled === undefined;
  const known = isPlain ? services : { services, hosts, stateful, autoscaled };
  return createHash('sha256').update(JSON.stringify(known)).digest('hex');
}
