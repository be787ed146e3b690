/** How long calls stay at each replica, how many it takes in and how busy it is, given how full it is. */
import { PHASE, ROUTE, type World } from '../world.ts';
import type { Flow } from './flow.ts';
import { at, positionOf } from './station-table.ts';

/** Time a call takes outside its station (network), seconds; keeps means positive. */
export const NETWORK_S = 0.0005;

/** Time in each replica's own station, from its number in system. */
export function judgeStations(flow: Flow, world: World, s: number): void {
  const { plan } = flow;
  const table = plan.tables[s]!;
  const workers = plan.workers[s]!;
  const queue = table.places - workers;
  const cv2 = plan.serviceCv[s]! ** 2;
  let routed = 0;
  let end = plan.slotStart[s]!;
  let like = -1;
  for (let slot = plan.slotStart[s]!; slot < flow.slotEnd[s]!; slot += 1) {
    if (world.route[slot] !== ROUTE.none) routed += 1;
    const speed = world.speed[slot]!;
    flow.twin[slot] = slot;
    if (speed <= 0) {
      if (!stall(flow, world, slot)) end = slot + 1;
      continue;
    }
    end = slot + 1;
    const x = flow.number[slot]!;
    const variance = flow.variance[slot]!;
    // Equal replicas answer equally.
    if (
      like >= 0 &&
      x === flow.number[like] &&
      variance === flow.variance[like] &&
      speed === world.speed[like] &&
      flow.age[slot] === flow.age[like]
    ) {
      flow.twin[slot] = like;
      flow.accept[slot] = flow.accept[like]!;
      flow.busyShare[slot] = flow.busyShare[like]!;
      flow.queueShare[slot] = flow.queueShare[like]!;
      flow.ownMean[slot] = flow.ownMean[like]!;
      flow.ownVariance[slot] = flow.ownVariance[like]!;
      flow.leavingMean[slot] = flow.leavingMean[like]!;
      flow.leavingVariance[slot] = flow.leavingVariance[like]!;
      continue;
    }
    like = slot;
    const position = positionOf(table, x);
    const busy = at(table.busy, position);
    const waiting = Math.max(0, x - busy);
    const spread = variance / at(table.variance, position);
    const serviceS = 1 / (plan.rate[s]! * speed);
    flow.accept[slot] = at(table.accept, position);
    flow.busyShare[slot] = busy / workers;
    flow.queueShare[slot] = queue > 0 ? waiting / queue : 0;
    const stayS = serviceS * (1 + (busy > 1e-9 ? waiting / busy : 0));
    const waitVariance = at(table.waitVariance, position) * spread;
    flow.ownMean[slot] = NETWORK_S + stayS;
    flow.ownVariance[slot] = serviceS * serviceS * (cv2 + waitVariance);
    // Who leaves now: the queue's spread is one in time by the rate at which it came, not by the rate at which it leaves.
    const stretch = flow.age[slot]! / stayS;
    flow.leavingMean[slot] = NETWORK_S + flow.age[slot]!;
    flow.leavingVariance[slot] = serviceS * serviceS * (cv2 + waitVariance * stretch * stretch);
  }
  flow.routed[s] = routed;
  flow.slotEnd[s] = end;
}

/** A slot that answers nothing. It may be passed over once it gets no calls. */
function stall(flow: Flow, world: World, slot: number): boolean {
  flow.busyShare[slot] = 0;
  flow.queueShare[slot] = world.phase[slot] === PHASE.up ? 1 : 0;
  flow.ownMean[slot] = 0;
  flow.ownVariance[slot] = 0;
  if (world.route[slot] !== ROUTE.none) return false;
  flow.variance[slot] = 0;
  flow.slotArrivals[slot] = 0;
  return true;
}
