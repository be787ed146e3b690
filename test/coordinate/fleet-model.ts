/**
 * Coordinated action at the smallest scope that shows every trouble: three agents, the first two of which may coordinate, and two
 * services of two replicas on two hosts. Leases, fence, budget and epochs are the functions that run; a machine with one of them replaced
 * is a mutant.
 */
import type { Model } from './explore.ts';
import { fleetSteps } from './fleet-steps.ts';
import { type Fleet, HOSTS, type Machine, type Scope, SERVICES, servingOf, startFleet } from './fleet-world.ts';

export function fleetModel(machine: Machine, scope: Scope): Model<Fleet> {
  return {
    start: startFleet(scope),
    steps: (fleet) => fleetSteps(machine, scope, fleet),
    flaw: (fleet) => fleet.wrong || flawOf(machine, scope, fleet),
  };
}

function flawOf(machine: Machine, scope: Scope, fleet: Fleet): string {
  const { limits, minHealthy } = scope;
  const { budget } = fleet.plane;
  const booked = budget.reservations.flatMap(({ service, hosts }) => hosts.map((host) => ({ service, host })));
  const taken = fleet.away.map(({ service, replica }) => ({ service, host: HOSTS[replica]! }));
  for (const [what, list] of [
    ['booked', booked],
    ['away', taken],
  ] as const) {
    if (list.length > limits.fleet) return `${what}: ${list.length} in the fleet`;
    for (const id of SERVICES) {
      const ofService = list.filter(({ service }) => service === id).length;
      if (ofService > limits.perService) return `${what}: ${ofService} of service ${id}`;
    }
    for (const id of HOSTS) {
      const onHost = list.filter(({ host }) => host === id).length;
      if (onHost > limits.perHost) return `${what}: ${onHost} on host ${id}`;
    }
  }
  for (const { service, replica, reservation } of fleet.away)
    if (!budget.reservations.some(({ id }) => id === reservation))
      return `replica ${replica} of service ${service} is away and not booked`;
  for (const { id } of budget.reservations)
    if (!fleet.awards.some(({ reservation }) => reservation === id)) return `reservation ${id} belongs to no award`;
  if (scope.failures === 0)
    for (const service of SERVICES)
      if (servingOf(fleet, service).length < minHealthy) return `service ${service} is below its floor`;
  const valid = fleet.awards.filter(({ lease, returned }) => !returned && fleet.nowMs < lease.untilMs);
  for (const [at, { lease }] of valid.entries())
    if (
      valid.some(
        (other, where) => where < at && other.lease.service === lease.service && other.lease.epoch === lease.epoch,
      )
    )
      return `two valid leases on service ${lease.service} in epoch ${lease.epoch}`;
  const endMs = fleet.nowMs + Math.max(scope.termMs, scope.actionMs);
  if (machine.refundEnded(budget, endMs).budget.reservations.length > 0) return 'a reservation never ends';
  if (fleet.coordinators.some(({ book }) => machine.expire(book, endMs).book.leases.length > 0))
    return 'a lease never ends';
  return '';
}
