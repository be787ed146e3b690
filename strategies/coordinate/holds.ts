/** Who is held back while the cause of their trouble is being healed elsewhere. */
import type { RankedCause } from './messages.ts';
import type { Post } from './monitor.ts';
import { keyOf } from './operations.ts';
import type { PlacedRoster } from './placement.ts';

/** Services on a host without room leave their replicas alone for so long; what that is worth `npm run bench -- together` says. */
const CROWDED_HOLD_S = 60;

/** What is being done about causes, since when, and who is held back meanwhile. */
interface Standing {
  readonly operations: readonly { readonly key: string; readonly sinceMs: number }[];
  readonly held: readonly number[];
}

/** Victims of what is being healed are told to wait, for a time; who is none any more is let go. */
export function holdBack(
  { operations, held: before }: Standing,
  causes: readonly RankedCause[],
  crowded: ReadonlySet<number>,
  holdS: number,
  nowMs: number,
): readonly [readonly number[], readonly Post[]] {
  const ends = new Map<number, number>();
  for (const { cause, victims } of causes) {
    const operation = operations.find(({ key }) => key === keyOf(cause));
    // A hold that is never renewed ends by itself, whatever becomes of the cause and of the coordinator.
    const sinceMs = operation?.sinceMs ?? nowMs;
    const hold = (services: Iterable<number>, seconds: number): void => {
      const untilMs = sinceMs + seconds * 1000;
      for (const service of services) if (untilMs > nowMs) ends.set(service, Math.max(untilMs, ends.get(service) ?? 0));
    };
    hold(victims, holdS);
    // On a host without room everybody waits, well or not, and nobody grows: what is new might land there.
    if (cause.kind === 'host') hold(crowded, CROWDED_HOLD_S);
  }
  const reason = causes.map(({ cause, reasons }) => reasons[0] ?? keyOf(cause)).join('; ');
  const held = [...ends.keys()].sort((a, b) => a - b);
  const holds = held.map((service): Post => {
    const untilMs = ends.get(service)!;
    return { to: `healer/${service}`, body: { kind: 'hold', service, untilMs, small: crowded.has(service), reason } };
  });
  const released = before.filter((service) => !ends.has(service)).map(releaseOf);
  return [held, [...holds, ...released]];
}

export function servicesOn({ hosts = [] }: PlacedRoster, host: number): readonly number[] {
  return hosts.flatMap((slots, service) => (slots.includes(host) ? [service] : []));
}

export const releaseOf = (service: number): Post => ({ to: `healer/${service}`, body: { kind: 'release', service } });
