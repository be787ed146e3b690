/**
 * What a start takes over from the run before: the healer's memory as it was at the last entry, the processes that ran, and intents
 * of which nobody knows whether they were carried out.
 */
import type { Action, Healer, Roster } from '../../strategies/contract.ts';
import type { JournalEntry, ProcessRecord } from './ports.ts';

export interface Resumed {
  /** Null when there is nothing to resume, or what there is belongs to another pack or another fleet. */
  readonly memory: unknown;
  /** The last process written down for each replica that has not been seen to end. */
  readonly processes: readonly ProcessRecord[];
  /** Intents without an effect: the runtime died in between. They are told as failed, and never carried out again. */
  readonly unsettled: readonly Action[];
  readonly entries: number;
}

/** What memory belongs to: with another pack or another list of services it means nothing. */
export interface Identity {
  readonly pack: string;
  readonly services: string;
}

/**
 * Reads a journal from its beginning. The healer is asked again for every input since its memory was last written down: the same
 * memory and input give the same memory, so that nothing of breakers, attempts and cool-downs is lost.
 */
export function resume(entries: Iterable<JournalEntry>, healer: Healer, roster: Roster, identity: Identity): Resumed {
  let memory: unknown = null;
  let known: Identity | null = null;
  let count = 0;
  const processes = new Map<string, ProcessRecord>();
  const open = new Map<number, Action>();
  for (const entry of entries) {
    count += 1;
    switch (entry.kind) {
      case 'started': {
        const next = { pack: entry.pack, services: entry.services };
        // Numbers of actions mean nothing to another healer.
        if (known !== null && !isSame(known, next)) open.clear();
        known = next;
        if (!isSame(known, identity)) memory = null;
        break;
      }
      case 'memory':
        memory = known !== null && isSame(known, identity) ? structuredClone(entry.memory) : null;
        break;
      case 'input':
        if (known !== null && isSame(known, identity)) {
          memory ??= healer.start(roster);
          healer.heal(memory, entry.input);
        }
        break;
      case 'intent':
        open.set(entry.action.id, entry.action);
        break;
      case 'effect':
        open.delete(entry.action);
        break;
      case 'process':
        processes.set(slotOf(entry.process), entry.process);
        break;
      case 'exit':
        for (const [slot, { pid }] of processes) if (pid === entry.pid) processes.delete(slot);
        break;
      default:
        break;
    }
  }
  const settles = known !== null && isSame(known, identity);
  return {
    memory,
    processes: [...processes.values()],
    unsettled: settles ? [...open.values()] : [],
    entries: count,
  };
}

function slotOf({ service, replica }: ProcessRecord): string {
  return `${service}/${replica}`;
}

function isSame(a: Identity, b: Identity): boolean {
  return a.pack === b.pack && a.services === b.services;
}
