/** Services of a simulated fleet as their healer sees them, and which of them are another since they were last asked for. */
import type { ReplicaReading, Roster, Signal } from '../../../strategies/contract.ts';
import { type HealerMemory, type Health, healthIn, isFleetMemory } from '../../runtime/in-use.ts';
import type { ReplicaStatus } from '../../runtime/status.ts';
import type { ServiceNow } from '../service-view.ts';

export interface FleetEyes {
  /** A window was judged: what the healer makes of it. */
  look(memory: HealerMemory | null, signal: Signal): Health;
  takeChanged(): readonly (readonly [index: number, now: ServiceNow])[];
  all(): readonly ServiceNow[];
}

export function createFleetEyes({ services, guard }: Roster): FleetEyes {
  const known = services.map(
    ({ id, tier, dependsOn, replicasMax, replicasStart }): ServiceNow => ({
      ...{ id, tier, status: 'healthy', reason: '', circuit: 'closed', paused: false },
      replicas: Array.from({ length: replicasMax }, (_, slot) => ({
        state: slot < replicasStart ? 'running' : 'empty',
        pid: null,
        port: null,
      })),
      dependsOn: dependsOn.map((other) => services[other]!.id),
      isProtected: guard.protected.includes(id),
      canIsolate: false,
      heldUntilMs: null,
      figures: null,
    }),
  );
  const sent = known.map((now) => JSON.stringify(now));
  const looked = new Set<number>();
  return {
    look(memory, signal) {
      const { service: index, replicas, atMs } = signal;
      const health = healthOf(memory, index, replicas);
      const heldMs = memory !== null && isFleetMemory(memory) ? memory.services[index]!.heldUntilMs : 0;
      looked.add(index);
      known[index] = {
        ...known[index]!,
        ...health,
        paused: memory?.guard?.paused?.[index] === 1,
        replicas: replicas.map(stateOf),
        heldUntilMs: heldMs > atMs ? heldMs : null,
      };
      return health;
    },
    takeChanged() {
      const changed = [...looked].flatMap((index) => {
        const text = JSON.stringify(known[index]);
        if (sent[index] === text) return [];
        sent[index] = text;
        return [[index, known[index]!] as const];
      });
      looked.clear();
      return changed;
    },
    all: () => [...known],
  };
}

/** A healer that keeps no record of health is judged by its replicas' probes. */
function healthOf(memory: HealerMemory | null, index: number, replicas: readonly ReplicaReading[]): Health {
  if (memory !== null && isFleetMemory(memory)) return healthIn(memory, index, () => 'unknown');
  const present = replicas.filter((reading) => reading.present === 1);
  const ready = present.filter((reading) => reading.ready === 1).length;
  const all = present.length;
  if (ready === 0) return { status: 'failed', reason: 'no replica is ready', circuit: 'closed' };
  if (ready < all) return { status: 'degraded', reason: `${ready} of ${all} replicas are ready`, circuit: 'closed' };
  return { status: 'healthy', reason: '', circuit: 'closed' };
}

function stateOf({ present, exitCode }: ReplicaReading): ReplicaStatus {
  const state = present !== 1 ? 'empty' : Number.isNaN(exitCode) ? 'running' : 'dead';
  return { state, pid: null, port: null };
}
