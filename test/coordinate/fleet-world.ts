/** What the model of coordinated action is made of: the machine that is searched, how far, and one state of it. */
import {
  type Budget,
  type BudgetAsk,
  type BudgetLimits,
  type Reserved,
  refund,
  refundEnded,
  releaseReservation,
  reserve,
  startBudget,
} from '../../strategies/coordinate/budget.ts';
import { nextEpoch } from '../../strategies/coordinate/election.ts';
import { type ActionPlane, enter, raise, startFence } from '../../strategies/coordinate/fence.ts';
import { acquire, expire, type LeaseBook, newEpoch, release, startLeases } from '../../strategies/coordinate/lease.ts';
import type { Lease } from '../../strategies/coordinate/messages.ts';

export interface Machine {
  readonly acquire: typeof acquire;
  readonly release: typeof release;
  readonly expire: typeof expire;
  readonly newEpoch: typeof newEpoch;
  readonly enter: typeof enter;
  readonly raise: typeof raise;
  readonly nextEpoch: typeof nextEpoch;
  /** `own` are the reservations that this coordinator has made. */
  readonly reserve: (
    budget: Budget,
    ask: BudgetAsk,
    nowMs: number,
    own: readonly number[],
  ) => { readonly budget: Budget; readonly result: Reserved };
  readonly releaseReservation: typeof releaseReservation;
  readonly refund: typeof refund;
  readonly refundEnded: typeof refundEnded;
  /** Whether something may come between the look at the budget and the booking. */
  readonly booksLater: boolean;
}

export const SOURCE: Machine = {
  acquire,
  release,
  expire,
  newEpoch,
  enter,
  raise,
  nextEpoch,
  reserve,
  releaseReservation,
  refund,
  refundEnded,
  booksLater: false,
};

/** What an award asks of its holder: to take these replicas of the service away for a while. */
export interface Target {
  readonly service: number;
  readonly replicas: readonly number[];
  readonly holders: readonly number[];
}

export interface Scope {
  readonly limits: BudgetLimits;
  readonly minHealthy: number;
  readonly targets: readonly Target[];
  readonly horizonMs: number;
  readonly termMs: number;
  readonly actionMs: number;
  /** The effector's clock is so much behind the coordinators'. */
  readonly effectorLagMs: number;
  /** How often at most in one history. */
  readonly awards: number;
  readonly takeovers: number;
  readonly crashes: number;
  readonly accusations: number;
  readonly failures: number;
}

export interface Award {
  readonly lease: Lease;
  readonly coordinator: number;
  readonly reservation: number;
  readonly replicas: readonly number[];
  /** The holder has it, and found the lease valid. From now on it may act at any time, after any sleep, and again if it comes twice. */
  readonly arrived: boolean;
  readonly acted: boolean;
  readonly returned: boolean;
}

export interface Coordinator {
  readonly epoch: number;
  readonly inOffice: boolean;
  readonly book: LeaseBook;
}

/** A replica that an action holds. */
export interface Away {
  readonly service: number;
  readonly replica: number;
  readonly reservation: number;
  readonly untilMs: number;
}

export interface Fleet {
  readonly nowMs: number;
  readonly plane: ActionPlane;
  readonly coordinators: readonly Coordinator[];
  readonly awards: readonly Award[];
  readonly away: readonly Away[];
  readonly failed: readonly { readonly service: number; readonly replica: number }[];
  /** Only in a machine that books later: lease granted and budget looked at, not yet booked. */
  readonly pending: readonly { readonly lease: Lease; readonly coordinator: number; readonly ask: BudgetAsk }[];
  /** Latest lease that was acted on, per service. */
  readonly latest: readonly (readonly [epoch: number, token: number])[];
  readonly left: {
    readonly awards: number;
    readonly takeovers: number;
    readonly crashes: number;
    readonly accusations: number;
    readonly failures: number;
  };
  /** Something that no step may do was done. */
  readonly wrong: string;
}

export const SERVICES = [0, 1];
export const REPLICAS = [0, 1];
/** Replica r of each service is on host r. */
export const HOSTS = [0, 1];

/** Reservation of an award that needs none. */
export const NONE = 0;
export const AGENTS = [0, 1, 2];
export const CANDIDATES = [0, 1];
export const BLANK: Coordinator = { epoch: 0, inOffice: false, book: startLeases() };

export function startFleet(scope: Scope): Fleet {
  const { awards, takeovers, crashes, accusations, failures } = scope;
  return {
    nowMs: 0,
    plane: { fence: startFence(SERVICES.length), budget: startBudget(scope.limits) },
    coordinators: CANDIDATES.map(() => BLANK),
    awards: [],
    away: [],
    failed: [],
    pending: [],
    latest: SERVICES.map(() => [0, 0]),
    left: { awards, takeovers, crashes, accusations, failures },
    wrong: '',
  };
}

export function servingOf(fleet: Fleet, service: number): readonly number[] {
  const isOut = (list: readonly { readonly service: number; readonly replica: number }[], replica: number): boolean =>
    list.some((one) => one.service === service && one.replica === replica);
  return REPLICAS.filter((replica) => !isOut(fleet.away, replica) && !isOut(fleet.failed, replica));
}

export function withCoordinator(fleet: Fleet, id: number, coordinator: Coordinator): Fleet {
  return { ...fleet, coordinators: fleet.coordinators.with(id, coordinator) };
}

export function withAward(
  fleet: Fleet,
  lease: Lease,
  coordinator: number,
  reservation: number,
  replicas: readonly number[],
): Fleet {
  const one: Award = {
    lease,
    coordinator,
    reservation,
    replicas,
    arrived: false,

    acted: false,
    returned: false,
  };
  return { ...fleet, awards: [...fleet.awards, one] };
}

export function withAwardAt(fleet: Fleet, at: number, change: Partial<Award>): Fleet {
  return { ...fleet, awards: fleet.awards.with(at, { ...fleet.awards[at]!, ...change }) };
}
