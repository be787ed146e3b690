/** The platform's own autoscaler, where a fleet asks for it: Kubernetes HPA (sync 15 s, tolerance 10 %, down after 300 s). */

import { slotSettled } from './effects.ts';
import { boot, remove } from './lifecycle.ts';
import type { Ledger } from './score.ts';
import { countReplicas, PHASE, type World } from './world.ts';

const TOLERANCE = 0.1;
const DOWN_AFTER_S = 300;

/** Desired = ceil(replicas x utilisation / target), one replica a sync at most; says whether anything changed. */
export function autoscale(ledger: Ledger, world: World): boolean {
  let changed = false;
  world.plan.fleet.services.forEach((spec, s) => {
    if (spec.autoscale === undefined) return;
    const first = world.plan.slotStart[s]!;
    const last = world.plan.slotStart[s + 1]! - 1;
    let present = 0;
    let busy = 0;
    for (let slot = first; slot <= last; slot += 1) {
      if (world.phase[slot] === PHASE.absent) continue;
      present += 1;
      busy += ledger.busyShare[slot]!;
    }
    const ratio = busy / Math.max(1, present) / spec.autoscale.utilisation;
    const desired = Math.abs(ratio - 1) <= TOLERANCE ? present : Math.ceil(present * ratio);
    if (desired > present && present < spec.replicas.max) {
      world.scaledS[s] = world.timeS;
      for (let slot = first; slot <= last; slot += 1) {
        if (world.phase[slot] !== PHASE.absent) continue;
        countReplicas(world, 1);
        boot(world, slot, true);
        break;
      }
      changed = true;
    } else if (
      desired < present &&
      present > Math.max(spec.replicas.min, spec.replicas.start) &&
      world.timeS - world.scaledS[s]! >= DOWN_AFTER_S
    ) {
      world.scaledS[s] = world.timeS;
      for (let slot = last; slot >= first; slot -= 1) {
        if (world.phase[slot] === PHASE.absent) continue;
        slotSettled(world, slot);
        remove(world, slot);
        break;
      }
      changed = true;
    }
  });
  return changed;
}
