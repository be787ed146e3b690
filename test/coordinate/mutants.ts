/** Machines with one thing wrong, each of which the search must find out; and what it finds. */
import { type BudgetLimits, reserve } from '../../strategies/coordinate/budget.ts';
import { enter, type Fence, raise } from '../../strategies/coordinate/fence.ts';
import { acquire } from '../../strategies/coordinate/lease.ts';
import type { Lease } from '../../strategies/coordinate/messages.ts';
import { type Machine, SOURCE } from './fleet-world.ts';
import type { SCOPES } from './scopes.ts';

export interface Mutant {
  readonly name: string;
  readonly machine: Machine;
  readonly scope: keyof typeof SCOPES;
  readonly flaw: RegExp;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a fence that ignores the epoch',
    machine: seesLease((lease, { epoch }) => ({ ...lease, epoch: Math.max(lease.epoch, epoch) })),
    scope: 'actions that take nothing away',
    flaw: /stale token/,
  },
  {
    name: 'a fence that ignores the token',
    machine: seesLease((lease, { tokens }) => ({ ...lease, token: Math.max(lease.token, tokens[lease.service]!) })),
    scope: 'actions that take nothing away',
    flaw: /stale token/,
  },
  {
    name: 'a fence that ignores the end of the lease',
    machine: seesLease((lease) => ({ ...lease, untilMs: 99 })),
    scope: 'actions that take nothing away',
    flaw: /after its lease had ended/,
  },
  {
    name: 'a fence that never refuses an epoch, before a coordinator that forgets its own',
    machine: {
      ...SOURCE,
      raise: (fence, epoch) => (epoch > fence.epoch ? raise(fence, epoch) : { fence, verdict: 'raised' }),
    },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /two valid leases/,
  },
  {
    name: 'epochs counted up by each candidate, before a fence that never refuses one',
    machine: {
      ...SOURCE,
      nextEpoch: (epoch) => epoch + 1,
      raise: (fence, epoch) => (epoch > fence.epoch ? raise(fence, epoch) : { fence, verdict: 'raised' }),
    },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /two valid leases/,
  },
  {
    name: 'a lease without an end',
    machine: {
      ...SOURCE,
      acquire: (book, ask, nowMs) => {
        const { book: next, result } = acquire(book, ask, nowMs);
        const endless = (lease: Lease): Lease => ({ ...lease, untilMs: 99 });
        return {
          book: { ...next, leases: next.leases.map(endless) },
          result: result.kind === 'granted' ? { kind: 'granted', lease: endless(result.lease) } : result,
        };
      },
    },
    scope: 'actions that take nothing away',
    flaw: /a lease never ends/,
  },
  {
    name: 'a book that grants what is held',
    machine: { ...SOURCE, acquire: (book, ask, nowMs) => acquire({ ...book, leases: [] }, ask, nowMs) },
    scope: 'actions that take nothing away',
    flaw: /two valid leases/,
  },
  {
    name: 'a budget looked at first and booked later',
    machine: { ...SOURCE, booksLater: true },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /booked: 2/,
  },
  {
    name: 'a budget of its own in each coordinator',
    machine: {
      ...SOURCE,
      reserve: (budget, ask, nowMs, own) => {
        const mine = budget.reservations.filter(({ id }) => own.includes(id));
        const { budget: next, result } = reserve({ ...budget, reservations: mine }, ask, nowMs);
        if (result.kind === 'refused') return { budget, result };
        return { budget: { ...next, reservations: [...budget.reservations, result.reservation] }, result };
      },
    },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /booked: 2/,
  },
  {
    name: 'a budget that books what fits of an ask that does not',
    machine: {
      ...SOURCE,
      reserve: (budget, ask, nowMs) => {
        const whole = reserve(budget, ask, nowMs);
        if (whole.result.kind === 'reserved') return whole;
        const part = { ...ask, replicas: ask.replicas.slice(1), hosts: ask.hosts.slice(1) };
        return { budget: reserve(budget, part, nowMs).budget, result: whole.result };
      },
    },
    scope: 'an ask for two replicas',
    flaw: /belongs to no award/,
  },
  {
    name: 'a budget without the limit per service',
    machine: withoutLimit('perService'),
    scope: 'a limit per service',
    flaw: /of service/,
  },
  {
    name: 'a budget without the limit per host',
    machine: withoutLimit('perHost'),
    scope: 'a limit per host',
    flaw: /on host/,
  },
  {
    name: 'a budget without the limit for the fleet',
    machine: withoutLimit('fleet'),
    scope: 'a limit for the fleet',
    flaw: /in the fleet/,
  },
  {
    name: 'a refund of what the effector has begun',
    machine: {
      ...SOURCE,
      refund: (budget, holder) => ({
        budget: { ...budget, reservations: budget.reservations.filter((one) => one.holder !== holder) },
        refunded: budget.reservations.filter((one) => one.holder === holder),
      }),
    },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /away and not booked/,
  },
  {
    name: 'a commit that counts each time',
    machine: {
      ...SOURCE,
      enter: (plane, act, nowMs) => {
        const reservations = plane.budget.reservations.map((one) => ({ ...one, phase: 'reserved' as const }));
        return enter({ ...plane, budget: { ...plane.budget, reservations } }, act, nowMs);
      },
    },
    scope: 'two coordinators, a crash and a holder thought dead',
    flaw: /carried out twice/,
  },
  {
    name: 'a commit that does not look at the floor again',
    machine: {
      ...SOURCE,
      enter: (plane, act, nowMs) =>
        enter(plane, { ...act, taking: act.taking === null ? null : { ...act.taking, minHealthy: 0 } }, nowMs),
    },
    scope: 'a replica that fails by itself',
    flaw: /left 0 replicas/,
  },
];

/** An effector to which leases look other than they are. */
function seesLease(look: (lease: Lease, fence: Fence) => Lease): Machine {
  return {
    ...SOURCE,
    enter: (plane, act, nowMs) => enter(plane, { ...act, lease: look(act.lease, plane.fence) }, nowMs),
  };
}

function withoutLimit(level: keyof BudgetLimits): Machine {
  return {
    ...SOURCE,
    reserve: (budget, ask, nowMs) => {
      const { budget: next, result } = reserve({ ...budget, limits: { ...budget.limits, [level]: 9 } }, ask, nowMs);
      return { budget: { ...next, limits: budget.limits }, result };
    },
  };
}
