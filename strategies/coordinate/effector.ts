/**
 * Where coordinated actions take effect: the fence admits the lease, the budget books what is taken away, and the service's own
 * healer carries it out through the guard. One per fleet, beside what it acts on.
 */
import type { Action } from '../contract.ts';
import { type FleetMemory, LONG_AGO } from '../memory.ts';
import { isServing } from '../replica.ts';
import type { Strategy } from '../strategy.ts';
import {
  type Budget,
  NO_HOST,
  prolong,
  RESERVATION_MS_MAX,
  releaseReservation,
  reserve,
  startBudget,
} from './budget.ts';
import { type ActionPlane, enter, raise, startFence } from './fence.ts';
import { carryOutTask } from './healer.ts';
import type { Lease, Task } from './messages.ts';
import type { PlacedRoster } from './placement.ts';

/** Shares of replicas that coordinated actions may hold out at once; the constitution may allow less, never more. */
const SHARE_MAX = { service: 0.34, host: 0.75, fleet: 0.2 } as const;
const ROUNDING = 1e-9;

export function startPlane(roster: PlacedRoster, epoch: number): ActionPlane {
  const replicas = roster.services.map(({ replicasMax }) => replicasMax);
  const started = roster.services.map(({ replicasStart }) => replicasStart);
  const onHosts = new Map<number, number>();
  started.forEach((count, service) => {
    for (const host of (roster.hosts?.[service] ?? []).slice(0, count)) onHosts.set(host, (onHosts.get(host) ?? 0) + 1);
  });
  const limits = {
    perService: atLeastOne(SHARE_MAX.service * Math.max(1, ...replicas)),
    perHost: atLeastOne(SHARE_MAX.host * Math.max(1, ...onHosts.values())),
    fleet: atLeastOne(SHARE_MAX.fleet * started.reduce((sum, count) => sum + count, 0)),
  };
  return { fence: raise(startFence(roster.services.length), epoch).fence, budget: startBudget(limits) };
}

export interface Effect {
  readonly plane: ActionPlane;
  /** `repeated`: a second copy of an award; what came of the first is told by the first. */
  readonly result: 'acted' | 'refused' | 'repeated';
  /** Why not, empty when it was. */
  readonly reason: string;
  readonly actions: readonly Action[];
}

/** Carries an award out once: a second copy does nothing; a stale or late award is refused, and so is what the guard refuses. */
export function takeEffect(
  strategy: Strategy,
  memory: FleetMemory,
  plane: ActionPlane,
  task: Task,
  lease: Lease,
  nowMs: number,
): Effect {
  const refused = (reason: string): Effect => ({ plane, result: 'refused', reason, actions: [] });
  if (isRepeated(plane, lease))
    return { ...refused('it was carried out, or refused by the guard, before'), result: 'repeated' };
  const taken = task.remedy === 'reroute' ? [task.replica] : [];
  let next = plane;
  let taking: Parameters<typeof enter>[1]['taking'] = null;
  if (taken.length > 0) {
    const { slots } = memory.services[task.service]!;
    const serving = slots.flatMap((slot, at) => (isServing(slot) ? [at] : []));
    const { minHealthy } = memory.guard.limits;
    const untilMs = nowMs + Math.min(RESERVATION_MS_MAX, Math.max(1, task.holdS * 1000));
    const hosts = taken.map((at) => (memory.roster as PlacedRoster).hosts?.[task.service]?.[at] ?? NO_HOST);
    const ask = { holder: lease.holder, service: task.service, replicas: taken, hosts, untilMs, serving, minHealthy };
    const { budget, result } = reserve(withAllAway(plane.budget, memory, nowMs), ask, nowMs);
    if (result.kind === 'refused') return refused(result.reason);
    next = { ...plane, budget };
    taking = { reservation: result.reservation.id, untilMs, serving, minHealthy };
  }
  const entered = enter(next, { lease, service: task.service, taking }, nowMs);
  if (entered.verdict !== 'admitted') return refused(entered.verdict.refused);
  const { verdict, actions } = carryOutTask(strategy, memory, task, nowMs);
  if (verdict === 'acted') return { plane: entered.plane, result: 'acted', reason: '', actions };
  const { fence, budget } = entered.plane;
  const freed = taking === null ? budget : releaseReservation(budget, taking.reservation).budget;
  return { plane: { fence, budget: freed }, result: 'refused', reason: 'the guard, or nothing would change', actions };
}

/** A replica that does not answer stays out beyond its time, and is as much away as before. */
function withAllAway(budget: Budget, { services }: FleetMemory, nowMs: number): Budget {
  const isAway = (service: number, replica: number): boolean =>
    services[service]!.slots[replica]!.outSinceMs !== LONG_AGO;
  return prolong(budget, isAway, nowMs);
}

/** A lease is granted for one task, so a token that was admitted has done its work. */
function isRepeated({ fence }: ActionPlane, { epoch, token, service }: Lease): boolean {
  return epoch === fence.epoch && token === fence.tokens[service];
}

const atLeastOne = (share: number): number => Math.max(1, Math.floor(share + ROUNDING));
