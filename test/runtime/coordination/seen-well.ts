/** Whether healix has seen services well for long enough that their silence means something. */
import type { RuntimeEvent } from '../../../src/runtime/events.ts';

/** In so many windows each of the services, by their number, has answered its liveness probe: a process that never did is one that starts. */
export function wereSeenWell(events: readonly RuntimeEvent[], services: number, windows: number): boolean {
  const seen = Array.from({ length: services }, () => 0);
  for (const event of events) {
    if (event.kind !== 'signal') continue;
    const { service, replicas } = event.signal;
    if (replicas.some(({ live }) => live === 1)) seen[service]! += 1;
  }
  return seen.every((count) => count >= windows);
}
