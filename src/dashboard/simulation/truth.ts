/** What was really broken in a simulated fleet, as it comes and goes: nothing of it is known to any healer. */
import type { FleetPlan } from '../../../sim/plan.ts';
import type { ScenarioSpec } from '../../../sim/scenario.ts';
import type { World } from '../../../sim/world.ts';
import type { TruthView } from '../frames.ts';

export interface Truth {
  /** Incidents that began or ended since the last call. */
  take(world: World | null, atMs: number): readonly TruthView[];
}

export function createTruth({ roster }: FleetPlan, { incidents }: ScenarioSpec): Truth {
  const rows: (TruthView | null)[] = incidents.map(() => null);
  return {
    take(world, atMs) {
      if (world === null) return [];
      return incidents.flatMap(({ kind, service, onsetS }, index) => {
        const before = rows[index]!;
        // Told once the world has seen it, not by the plan: what is to come is not shown.
        if (onsetS * 1000 > atMs || (before !== null && before.endedMs !== null)) return [];
        const isOver = world.open[index] === 0 && world.endedS[index]! > 0;
        if (before !== null && !isOver) return [];
        const endedMs = isOver ? Math.round(1000 * world.endedS[index]!) : null;
        const row = {
          key: `i${index}`,
          kind,
          service: roster.services[service]!.id,
          atMs: Math.round(onsetS * 1000),
          endedMs,
        };
        rows[index] = row;
        return [row];
      });
    },
  };
}
