/**
 * What a start takes over from the run before: the healer's memory as it was at the last entry, the processes that ran, and intents
 * of which nobody knows whether they were carried out.
 */
import type { Action, Healer } from '../../strategies/contract.ts';
import type { JournalEntry, ProcessRecord } from './ports.ts';

export interface Resumed {
  /** As it was after the last entry. Null when there is nothing to resume, or what there is belongs to another healer. */
  readonly memory: unknown;
  /** Whether it is for the list of services asked for, and not for an earlier one. */
  readonly isSameFleet: boolean;
  /** The last process written down for each replica that has not been seen to end. */
  readonly processes: readonly ProcessRecord[];
  /** Intents without an effect: the runtime died in between. They are told as failed, and never carried out again. */
  readonly unsettled: readonly Action[];
  readonly entries: number;
}

/** What memory belongs to: to another pack or another version of healix it means nothing. */
export interface Identity {
  readonly version: string;
  readonly pack: string;
  /** Digest of the list of services. */
  readonly services: string;
}

/**
 * Reads a journal from its beginning. The healer is asked again for every input since its memory was last written down: the same
 * memory and input give the same memory, so that nothing of breakers, attempts and cool-downs is lost.
 */
export function resume(entries: Iterable<JournalEntry>, healer: Healer, identity: Identity): Resumed {
  let memory: unknown = null;
  let known: Identity | null = null;
  /** The list of services that the memory is for. */
  let fleet = '';
  let count = 0;
  const processes = new Map<string, ProcessRecord>();
  const open = new Map<number, Action>();
  for (const entry of entries) {
    count += 1;
    switch (entry.kind) {
      case 'started': {
        const { version, pack, services } = entry;
        if (known !== null && !(known.version === version && known.pack === pack)) {
          // Numbers of actions mean nothing to another healer, and memory neither.
          open.clear();
          memory = null;
        }
        known = { version, pack, services };
        break;
      }
      case 'config':
        known = known === null ? null : Object.assign({}, known, { services: entry.services });
        break;
      case 'memory':
        memory = isOurs(known, identity) ? structuredClone(entry.memory) : null;
        fleet = known?.services ?? '';
        break;
      case 'input':
        if (memory !== null) healer.heal(memory, entry.input);
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
  return {
    memory,
    isSameFleet: fleet === identity.services,
    processes: [...processes.values()],
    unsettled: isOurs(known, identity) ? [...open.values()] : [],
    entries: count,
  };
}

function slotOf({ service, replica }: ProcessRecord): string {
  return `${service}/${replica}`;
}

function isOurs(known: Identity | null, identity: Identity): boolean {
  return known !== null && known.version === identity.version && known.pack === identity.pack;
}
