/** What may happen next in the model: whatever an agent, the network, a replica or time may do. */
import type { BudgetAsk } from '../../strategies/coordinate/budget.ts';
import type { AgentId } from '../../strategies/coordinate/messages.ts';
import type { Step } from './explore.ts';
import {
  AGENTS,
  type Award,
  BLANK,
  CANDIDATES,
  type Fleet,
  HOSTS,
  type Machine,
  NONE,
  type Scope,
  SERVICES,
  servingOf,
  type Target,
  withAward,
  withAwardAt,
  withCoordinator,
} from './fleet-world.ts';

export function fleetSteps(machine: Machine, scope: Scope, fleet: Fleet): readonly Step<Fleet>[] {
  return [
    ...CANDIDATES.flatMap((id) => officeSteps(machine, scope, fleet, id)),
    ...fleet.pending.map((_, at) => bookStep(fleet, at)),
    ...fleet.awards.flatMap((_, at) => awardSteps(machine, scope, fleet, at)),
    ...agentSteps(machine, fleet),
    ...failureSteps(fleet),
    ...timeStep(machine, scope, fleet),
  ];
}

/** What a candidate may do: take over (for whatever reason: it may be wrong about the other), hear of the other's epoch, award. */
function officeSteps(machine: Machine, scope: Scope, fleet: Fleet, id: number): Step<Fleet>[] {
  const steps: Step<Fleet>[] = [];
  const own = fleet.coordinators[id]!;
  const other = fleet.coordinators[1 - id]!;
  if (!own.inOffice && fleet.left.takeovers > 0) steps.push(takeOver(machine, fleet, id));
  if (own.inOffice && other.epoch > own.epoch)
    steps.push({
      label: `hear ${id} of epoch ${other.epoch}`,
      state: withCoordinator(fleet, id, { ...own, epoch: other.epoch, inOffice: false }),
    });
  if (own.inOffice && fleet.left.awards > 0)
    for (const target of scope.targets)
      for (const holder of target.holders) {
        const state = award(machine, scope, fleet, id, target, holder);
        const { service, replicas } = target;
        if (state !== null)
          steps.push({ label: `award ${id} to ${holder}: service ${service} replicas ${replicas}`, state });
      }
  return steps;
}

/** Whoever's epoch the fence refuses learns the fence's and tries again; a candidate that crashed knows none of its own. */
function takeOver(machine: Machine, fleet: Fleet, id: number): Step<Fleet> {
  const own = fleet.coordinators[id]!;
  const epoch = machine.nextEpoch(own.epoch, id);
  const { fence, verdict } = machine.raise(fleet.plane.fence, epoch);
  if (verdict !== 'raised')
    return takeOver(machine, withCoordinator(fleet, id, { ...own, epoch: fleet.plane.fence.epoch }), id);
  const { book } = machine.newEpoch(own.book, epoch);
  const left = { ...fleet.left, takeovers: fleet.left.takeovers - 1 };
  const next = withCoordinator(fleet, id, { epoch, inOffice: true, book });
  return { label: `take-over ${id} epoch ${epoch}`, state: { ...next, plane: { ...fleet.plane, fence }, left } };
}

/** Null if the book refuses, or the budget (which is then to be as before). An action that takes no replica away needs no budget. */
function award(
  machine: Machine,
  scope: Scope,
  fleet: Fleet,
  coordinator: number,
  { service, replicas }: Target,
  agent: number,
): Fleet | null {
  const own = fleet.coordinators[coordinator]!;
  const holder: AgentId = `healer/${agent}`;
  const { book, result } = machine.acquire(own.book, { service, holder, termMs: scope.termMs }, fleet.nowMs);
  if (result.kind === 'refused') return null;
  const { lease } = result;
  const left = { ...fleet.left, awards: fleet.left.awards - 1 };
  const granted = { ...withCoordinator(fleet, coordinator, { ...own, book }), left };
  if (replicas.length === 0) return withAward(granted, lease, coordinator, NONE, replicas);
  const hosts = replicas.map((replica) => HOSTS[replica]!);
  const floor = { serving: servingOf(fleet, service), minHealthy: scope.minHealthy };
  const ask: BudgetAsk = { holder, service, replicas, hosts, untilMs: lease.untilMs, ...floor };
  const mine = fleet.awards.filter((one) => one.coordinator === coordinator).map(({ reservation }) => reservation);
  const reserved = machine.reserve(fleet.plane.budget, ask, fleet.nowMs - scope.effectorLagMs, mine);
  const { budget } = reserved;
  if (reserved.result.kind === 'refused')
    return budget === fleet.plane.budget ? null : { ...fleet, left, plane: { ...fleet.plane, budget } };
  if (machine.booksLater) return { ...granted, pending: [...fleet.pending, { lease, coordinator, ask }] };
  const booked = { ...granted, plane: { ...fleet.plane, budget } };
  return withAward(booked, lease, coordinator, reserved.result.reservation.id, replicas);
}

function bookStep(fleet: Fleet, at: number): Step<Fleet> {
  const { lease, coordinator, ask } = fleet.pending[at]!;
  const { budget } = fleet.plane;
  const { holder, service, replicas, hosts, untilMs } = ask;
  const reservation = { id: budget.nextId, holder, service, replicas, hosts, phase: 'reserved' as const, untilMs };
  const reservations = [...budget.reservations, reservation];
  const booked = { ...budget, nextId: budget.nextId + 1, reservations };
  const next = { ...fleet, plane: { ...fleet.plane, budget: booked }, pending: fleet.pending.toSpliced(at, 1) };
  return { label: `book for ${holder}`, state: withAward(next, lease, coordinator, reservation.id, replicas) };
}

/** What may happen to an award: it arrives (late, again, never), its holder acts on it (after any sleep), says that it is done with it. */
function awardSteps(machine: Machine, scope: Scope, fleet: Fleet, at: number): Step<Fleet>[] {
  const one = fleet.awards[at]!;
  const { holder, service, token, epoch, untilMs } = one.lease;
  const name = `${holder}: service ${service} token ${epoch}.${token}`;
  if (!one.arrived)
    return fleet.nowMs < untilMs
      ? [{ label: `deliver ${name}`, state: withAwardAt(fleet, at, { arrived: true }) }]
      : [];
  const acting = act(machine, scope, fleet, at, name);
  return one.returned ? [acting] : [acting, { label: `done ${name}`, state: done(machine, fleet, at) }];
}

/** Lease and reservation are given back; the reservation of an action that is not over stays to its end. */
function done(machine: Machine, fleet: Fleet, at: number): Fleet {
  const { lease, coordinator, reservation } = fleet.awards[at]!;
  const own = fleet.coordinators[coordinator]!;
  const { book } = machine.release(own.book, lease);
  const isOver = !fleet.away.some((one) => one.reservation === reservation);
  const budget = isOver ? machine.releaseReservation(fleet.plane.budget, reservation).budget : fleet.plane.budget;
  const next = withAwardAt(withCoordinator(fleet, coordinator, { ...own, book }), at, { returned: true });
  return { ...next, plane: { ...fleet.plane, budget } };
}

function act(machine: Machine, scope: Scope, fleet: Fleet, at: number, name: string): Step<Fleet> {
  const one = fleet.awards[at]!;
  const { lease, replicas } = one;
  const { service } = lease;
  const clockMs = fleet.nowMs - scope.effectorLagMs;
  const serving = servingOf(fleet, service);
  const untilMs = clockMs + scope.actionMs;
  const { reservation } = one;
  const taking = reservation === NONE ? null : { reservation, untilMs, serving, minHealthy: scope.minHealthy };
  const { plane, verdict } = machine.enter(fleet.plane, { lease, service, taking }, clockMs);
  if (verdict !== 'admitted') return { label: `refused-${verdict.refused} ${name}`, state: fleet };
  const latest = fleet.latest[service]!;
  const staying = serving.filter((slot) => !replicas.includes(slot)).length;
  const isStale = lease.epoch < latest[0] || (lease.epoch === latest[0] && lease.token < latest[1]);
  const wrong = [
    isStale ? `a stale token acted: ${lease.epoch}.${lease.token} after ${latest.join('.')}` : '',
    clockMs >= lease.untilMs ? 'an action began after its lease had ended' : '',
    one.acted && taking !== null ? 'one award was carried out twice' : '',
    staying < scope.minHealthy && staying < serving.length ? `an action left ${staying} replicas serving` : '',
  ].find((text) => text !== '');
  const taken = replicas.map((replica) => ({
    service,
    replica,
    reservation: one.reservation,
    untilMs: fleet.nowMs + scope.actionMs,
  }));
  const next: Fleet = {
    ...fleet,
    plane,
    away: [...fleet.away, ...taken],
    latest: fleet.latest.with(service, [lease.epoch, lease.token]),
    wrong: wrong ?? '',
  };
  return { label: `act ${name}`, state: withAwardAt(next, at, { acted: true }) };
}

/**
 * A coordinator crashes and comes back with nothing in mind; a holder is thought dead, rightly or not. As no step is ever forced, an
 * agent that sleeps, or does not come back, or as a holder forgets its award, is one that takes no step.
 */
function agentSteps(machine: Machine, fleet: Fleet): Step<Fleet>[] {
  const steps: Step<Fleet>[] = [];
  for (const id of CANDIDATES) {
    if (fleet.left.crashes === 0 || fleet.coordinators[id]!.epoch === 0) continue;
    const left = { ...fleet.left, crashes: fleet.left.crashes - 1 };
    const pending = fleet.pending.filter(({ coordinator }) => coordinator !== id);
    steps.push({ label: `crash ${id}`, state: { ...withCoordinator(fleet, id, BLANK), pending, left } });
  }
  for (const agent of AGENTS) {
    if (fleet.left.accusations === 0) break;
    const { budget, refunded } = machine.refund(fleet.plane.budget, `healer/${agent}`);
    const left = { ...fleet.left, accusations: fleet.left.accusations - 1 };
    if (refunded.length > 0)
      steps.push({ label: `refund ${agent}`, state: { ...fleet, plane: { ...fleet.plane, budget }, left } });
  }
  return steps;
}

function failureSteps(fleet: Fleet): Step<Fleet>[] {
  if (fleet.left.failures === 0) return [];
  const left = { ...fleet.left, failures: fleet.left.failures - 1 };
  return SERVICES.flatMap((service) =>
    servingOf(fleet, service).map((replica) => ({
      label: `fail service ${service} replica ${replica}`,
      state: { ...fleet, failed: [...fleet.failed, { service, replica }], left },
    })),
  );
}

/** Replicas come back whose action is over; whatever has ended is swept. */
function timeStep(machine: Machine, scope: Scope, fleet: Fleet): Step<Fleet>[] {
  if (fleet.nowMs >= scope.horizonMs) return [];
  const nowMs = fleet.nowMs + 1;
  const { budget } = machine.refundEnded(fleet.plane.budget, nowMs - scope.effectorLagMs);
  const state = {
    ...fleet,
    nowMs,
    plane: { ...fleet.plane, budget },
    coordinators: fleet.coordinators.map((one) => ({ ...one, book: machine.expire(one.book, nowMs).book })),
    away: fleet.away.filter(({ untilMs }) => nowMs < untilMs),
  };
  // Nothing more comes of an award whose lease has ended, unless its holder sleeps or its reservation stands.
  const mayMatter = ({ lease, arrived, reservation }: Award): boolean =>
    arrived || nowMs - scope.effectorLagMs < lease.untilMs || budget.reservations.some(({ id }) => id === reservation);
  return [{ label: `time ${nowMs}`, state: { ...state, awards: fleet.awards.filter(mayMatter) } }];
}
