/** The mark in the environment of a replica's processes: which runtime's, which slot, started when, as what. */
import type { ProcessRecord } from '../ports.ts';

type Marked = Omit<ProcessRecord, 'pid' | 'startTicks'>;

/** Begins the marks of all processes that ever ran in a slot. `instance` names the runtime, the same after its restart. */
export function slotMark(instance: string, service: string, replica: number): string {
  return `${encodeURIComponent(instance)}/${encodeURIComponent(service)}/${replica}/`;
}

export function writeMark(instance: string, process: Marked): string {
  const { service, replica, startedAtMs, port, release } = process;
  return `${slotMark(instance, service, replica)}${startedAtMs}/${port ?? ''}/${encodeURIComponent(release ?? '')}`;
}

/** Reads back what `writeMark` wrote; null for the mark of another runtime or none at all. */
export function readMark(instance: string, mark: string | null): Marked | null {
  const [of, service, replica, startedAtMs, port, release] = (mark ?? '').split('/');
  if (of !== encodeURIComponent(instance) || release === undefined) return null;
  const slot = Number(replica);
  const started = Number(startedAtMs);
  if (!Number.isSafeInteger(slot) || slot < 0 || !Number.isFinite(started)) return null;
  return {
    service: decode(service!),
    replica: slot,
    startedAtMs: started,
    port: port === '' ? null : Number(port),
    release: release === '' ? null : decode(release),
  };
}

/** Any user's process may carry a variable of this name: what cannot be decoded is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
