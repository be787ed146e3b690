/**
 * The blast-radius budget: how many replicas healers may take away at once, of a service, of a host and of the fleet. Reserved before an
 * award, committed by the effector at the moment of acting, released when the replicas are back.
 *
 * There is one budget per fleet and it stands beside the fence, where actions are carried out, never in a coordinator's memory: two
 * coordinators that each kept their own would together take twice as much.
 */
import { TEN_MINUTES_MS } from '../guard.ts';
import type { AgentId } from './messages.ts';

/** Longest time that a reservation may stand, in either phase. */
export const RESERVATION_MS_MAX = TEN_MINUTES_MS;
/** Host of a replica that shares its fate with no other known one (as in the simulator's plan). Counts at no host. */
export const NO_HOST = -1;

/** Replicas that may be away at once. 0 forbids. */
export interface BudgetLimits {
  readonly perService: number;
  readonly perHost: number;
  readonly fleet: number;
}

export interface Reservation {
  /** Never used again. */
  readonly id: number;
  readonly holder: AgentId;
  readonly service: number;
  /** Slots, and the host of each. */
  readonly replicas: readonly number[];
  readonly hosts: readonly number[];
  /** Committed: the effector has begun, the replicas are away whether the holder lives or not. */
  readonly phase: 'reserved' | 'committed';
  /** Reserved: commit before. Committed: by then the replicas should be back. After it the reservation counts no more, unless prolonged. */
  readonly untilMs: number;
}

export interface Budget {
  readonly limits: BudgetLimits;
  readonly nextId: number;
  /** Oldest first. No more than replicas that may be away at once, as each holds one at least. */
  readonly reservations: readonly Reservation[];
}

/** What must stay of the service: slots that serve, as last seen, and how many of them no action may go below. */
export interface Floor {
  readonly serving: readonly number[];
  readonly minHealthy: number;
}

export interface BudgetAsk extends Floor {
  readonly holder: AgentId;
  readonly service: number;
  readonly replicas: readonly number[];
  readonly hosts: readonly number[];
  /** The end of the lease that the holder is to act under. */
  readonly untilMs: number;
}

export interface BudgetCommit extends Floor {
  readonly id: number;
  readonly holder: AgentId;
  readonly service: number;
  /** When the action is surely over and the replicas are back or have been given up. */
  readonly untilMs: number;
}

export type ReserveRefusal =
  /** No replica, one twice, or not a host for each. */
  | 'malformed'
  /** Ends in the past, or later than `RESERVATION_MS_MAX` from now. */
  | 'bad-end'
  | 'replica-reserved'
  | 'service-limit'
  | 'host-limit'
  | 'fleet-limit'
  | 'min-healthy';

export type Reserved =
  | { readonly kind: 'reserved'; readonly reservation: Reservation }
  | { readonly kind: 'refused'; readonly reason: ReserveRefusal };

export type CommitRefusal =
  /** Refunded, released, at its end, or never made. */
  | 'no-reservation'
  | 'other-holder'
  | 'other-service'
  /** So that an award delivered twice is not carried out twice. */
  | 'already-committed'
  | 'bad-end'
  | 'min-healthy';

export type Committed =
  | { readonly kind: 'committed'; readonly reservation: Reservation }
  | { readonly kind: 'refused'; readonly reason: CommitRefusal };

export function startBudget(limits: BudgetLimits): Budget {
  return { limits, nextId: 1, reservations: [] };
}

/** Books the replicas at all levels or at none. What was booked and has ended is dropped; a refusal changes nothing. */
export function reserve(
  budget: Budget,
  ask: BudgetAsk,
  nowMs: number,
): { readonly budget: Budget; readonly result: Reserved } {
  const live = budget.reservations.filter((reservation) => nowMs < reservation.untilMs);
  const reason = refusalOf(budget.limits, live, ask, nowMs);
  if (reason !== null) return { budget, result: { kind: 'refused', reason } };
  const { holder, service, replicas, hosts, untilMs } = ask;
  const reservation: Reservation = { id: budget.nextId, holder, service, replicas, hosts, phase: 'reserved', untilMs };
  return {
    budget: { ...budget, nextId: budget.nextId + 1, reservations: [...live, reservation] },
    result: { kind: 'reserved', reservation },
  };
}

/** For the effector, right before it acts. Looks at the floor again: replicas may have failed since the reservation was made. */
export function commit(
  budget: Budget,
  ask: BudgetCommit,
  nowMs: number,
): { readonly budget: Budget; readonly result: Committed } {
  const refused = (reason: CommitRefusal) => ({ budget, result: { kind: 'refused', reason } as const });
  const found = budget.reservations.find(({ id }) => id === ask.id);
  if (found === undefined || nowMs >= found.untilMs) return refused('no-reservation');
  if (found.holder !== ask.holder) return refused('other-holder');
  if (found.service !== ask.service) return refused('other-service');
  if (found.phase === 'committed') return refused('already-committed');
  if (!isEnd(ask.untilMs, nowMs)) return refused('bad-end');
  const others = budget.reservations.filter((other) => other !== found && nowMs < other.untilMs);
  if (crossesFloor(others, found.service, found.replicas, ask)) return refused('min-healthy');
  const reservation: Reservation = { ...found, phase: 'committed', untilMs: ask.untilMs };
  const reservations = budget.reservations.map((other) => (other === found ? reservation : other));
  return { budget: { ...budget, reservations }, result: { kind: 'committed', reservation } };
}

/**
 * Gives a reservation back: one that is not going to be used, or one whose replicas were seen to be back. False if there is none (any
 * more).
 */
export function releaseReservation(
  budget: Budget,
  id: number,
): { readonly budget: Budget; readonly released: boolean } {
  const reservations = budget.reservations.filter((reservation) => reservation.id !== id);
  if (reservations.length === budget.reservations.length) return { budget, released: false };
  return { budget: { ...budget, reservations }, released: true };
}

/**
 * The holder is dead, or thought to be: what it has reserved and not begun is free, and a commit that comes after all is refused. What
 * the effector has begun stays booked to its end, since the replicas are away.
 */
export function refund(
  budget: Budget,
  holder: AgentId,
): { readonly budget: Budget; readonly refunded: readonly Reservation[] } {
  return without(budget, (reservation) => reservation.holder === holder && reservation.phase === 'reserved');
}

/**
 * What has begun counts until its replicas are seen to be back, however long that takes: one that is past its end and has a replica
 * still away goes on for the moment. Call it before the budget is asked.
 */
export function prolong(budget: Budget, isAway: (service: number, replica: number) => boolean, nowMs: number): Budget {
  const goesOn = ({ phase, untilMs, service, replicas }: Reservation): boolean =>
    phase === 'committed' && nowMs >= untilMs && replicas.some((replica) => isAway(service, replica));
  if (!budget.reservations.some(goesOn)) return budget;
  const reservations = budget.reservations.map((one) => (goesOn(one) ? { ...one, untilMs: nowMs + 1 } : one));
  return { ...budget, reservations };
}

/** Drops what has ended: reservations whose holder's lease ran out, and actions that are surely over. */
export function refundEnded(
  budget: Budget,
  nowMs: number,
): { readonly budget: Budget; readonly refunded: readonly Reservation[] } {
  return without(budget, (reservation) => nowMs >= reservation.untilMs);
}

function without(budget: Budget, isFree: (reservation: Reservation) => boolean) {
  const refunded = budget.reservations.filter(isFree);
  if (refunded.length === 0) return { budget, refunded };
  const reservations = budget.reservations.filter((reservation) => !isFree(reservation));
  return { budget: { ...budget, reservations }, refunded };
}

function refusalOf(
  limits: BudgetLimits,
  live: readonly Reservation[],
  ask: BudgetAsk,
  nowMs: number,
): ReserveRefusal | null {
  const { service, replicas, hosts } = ask;
  const isWhole = replicas.length > 0 && new Set(replicas).size === replicas.length && hosts.length === replicas.length;
  if (!isWhole) return 'malformed';
  if (!isEnd(ask.untilMs, nowMs)) return 'bad-end';
  const ofService = live.filter((reservation) => reservation.service === service).flatMap((one) => one.replicas);
  if (replicas.some((replica) => ofService.includes(replica))) return 'replica-reserved';
  if (ofService.length + replicas.length > limits.perService) return 'service-limit';
  const all = [...live.flatMap((reservation) => reservation.hosts), ...hosts];
  if (all.length > limits.fleet) return 'fleet-limit';
  const onHost = (host: number): number => all.filter((other) => other === host).length;
  if (hosts.some((host) => host !== NO_HOST && onHost(host) > limits.perHost)) return 'host-limit';
  return crossesFloor(live, service, replicas, ask) ? 'min-healthy' : null;
}

/** Whether too few would stay. To act on what serves nobody anyway takes nothing away, however few are left. */
function crossesFloor(
  others: readonly Reservation[],
  service: number,
  replicas: readonly number[],
  { serving, minHealthy }: Floor,
): boolean {
  const booked = others.filter((other) => other.service === service).flatMap((other) => other.replicas);
  const staying = serving.filter((slot) => !booked.includes(slot) && !replicas.includes(slot)).length;
  return staying < minHealthy && serving.some((slot) => replicas.includes(slot));
}

/** Also false for NaN. */
function isEnd(untilMs: number, nowMs: number): boolean {
  return untilMs > nowMs && untilMs <= nowMs + RESERVATION_MS_MAX;
}
