/** The request-level simulator's loop, and what it takes over from the world. */
import { PHASE, ROUTE } from '../world.ts';
import { breakOff, ringDue, serviceDone, userAsks } from './attempts.ts';
import { clearSlot, setSpeed } from './station.ts';
import { HAPPENS, type Traffic } from './traffic.ts';

/** Runs everything that is due by `untilUs`, and leaves the clock there. */
export function runUntil(traffic: Traffic, untilUs: number): void {
  const { queue } = traffic;
  while (queue.pop(untilUs)) {
    traffic.nowUs = queue.timeUs;
    switch (queue.code) {
      case HAPPENS.done:
        if (traffic.calls.run[queue.subject] === queue.generation) serviceDone(traffic, queue.subject);
        break;
      case HAPPENS.timeout:
        ringDue(traffic, queue.subject);
        break;
      default:
        if (traffic.userEpoch[queue.subject] === queue.generation) userAsks(traffic, queue.subject);
    }
  }
  traffic.nowUs = untilUs;
}

/** Takes over what `derive` found: who is in the balancer's list, how fast replicas are, how many users come. */
export function followWorld(traffic: Traffic): void {
  const { plan, world } = traffic;
  for (let s = 0; s < plan.services; s += 1) {
    const first = plan.slotStart[s]!;
    let count = 0;
    for (let slot = first; slot < plan.slotStart[s + 1]!; slot += 1) {
      if (world.route[slot] === ROUTE.none) continue;
      traffic.listed[first + count] = slot;
      count += 1;
    }
    traffic.listedCount[s] = count;
  }
  for (let slot = 0; slot < plan.slots; slot += 1) {
    const phase = world.phase[slot]!;
    // A process that was asked to leave finishes what it has, as fast and as well as it did.
    if ((phase === PHASE.stopping || phase === PHASE.absent) && world.drained[slot] === 1) continue;
    if (phase !== PHASE.up) for (const call of clearSlot(traffic, slot)) breakOff(traffic, call);
    traffic.errorShare[slot] = world.errorShare[slot]!;
    setSpeed(traffic, slot, world.speed[slot]!);
  }
}
