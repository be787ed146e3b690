/**
 * What an effector asks before it acts: whether this lease is the latest right to act on the service that it has seen, and whether the
 * budget holds what the action takes away. A lease alone is not a lock: its holder may sleep past its end and act then, so the check
 * stands where the action is carried out.
 */
import { type Budget, type CommitRefusal, commit } from './budget.ts';
import type { Lease } from './messages.ts';

/** To be written down by the effector before it acts, so that no restart rolls it back. */
export interface Fence {
  /** Leases of epochs below it are refused, for every service: each epoch voids the leases of all before it. */
  readonly epoch: number;
  /** Highest token admitted per service in this epoch; 0 none yet. */
  readonly tokens: readonly number[];
}

export type FenceRefusal =
  /** Epoch or token is not a whole number above 0. */
  | 'malformed'
  | 'unknown-service'
  /** The lease is for another service. */
  | 'wrong-service'
  | 'old-epoch'
  /** A later lease on the service was admitted. */
  | 'stale-token'
  /** By the effector's clock. */
  | 'expired';

/** One of each per fleet, kept where actions are carried out. */
export interface ActionPlane {
  readonly fence: Fence;
  readonly budget: Budget;
}

export interface ActRequest {
  readonly lease: Lease;
  readonly service: number;
  /** What was reserved for the action; null for one that takes no replica away. */
  readonly taking: {
    readonly reservation: number;
    /** When the action is surely over. */
    readonly untilMs: number;
    readonly serving: readonly number[];
    readonly minHealthy: number;
  } | null;
}

/**
 * Knows nothing yet. Where the services are numbered anew (a config taken anew), start another and raise it above the epoch of the one
 * before: leases from before that name services by the old numbers.
 */
export function startFence(services: number): Fence {
  return { epoch: 0, tokens: Array.from({ length: services }, () => 0) };
}

/** Admits a lease that no later one of its service has overtaken, and remembers it. A refusal changes nothing. */
export function admit(
  fence: Fence,
  lease: Lease,
  service: number,
  nowMs: number,
): { readonly fence: Fence; readonly verdict: 'admitted' | { readonly refused: FenceRefusal } } {
  const refused = refusalOf(fence, lease, service, nowMs);
  if (refused !== null) return { fence, verdict: { refused } };
  const base = lease.epoch > fence.epoch ? inEpoch(fence, lease.epoch) : fence;
  if (base.tokens[service] === lease.token) return { fence: base, verdict: 'admitted' };
  return { fence: { ...base, tokens: base.tokens.with(service, lease.token) }, verdict: 'admitted' };
}

/**
 * A coordinator announces its epoch before it grants anything: from here on leases of earlier epochs are refused. Refused itself unless
 * the epoch is above all that the fence knows, so that no two coordinators, and no coordinator that forgot its past, share an epoch.
 */
export function raise(
  fence: Fence,
  epoch: number,
): { readonly fence: Fence; readonly verdict: 'raised' | { readonly refused: 'old-epoch' | 'malformed' } } {
  if (!Number.isSafeInteger(epoch)) return { fence, verdict: { refused: 'malformed' } };
  if (epoch <= fence.epoch) return { fence, verdict: { refused: 'old-epoch' } };
  return { fence: inEpoch(fence, epoch), verdict: 'raised' };
}

/** The one door to an effect: the fence admits the lease and the budget is committed, both or neither. */
export function enter(
  plane: ActionPlane,
  { lease, service, taking }: ActRequest,
  nowMs: number,
): { readonly plane: ActionPlane; readonly verdict: 'admitted' | { readonly refused: FenceRefusal | CommitRefusal } } {
  const { fence, verdict } = admit(plane.fence, lease, service, nowMs);
  if (verdict !== 'admitted') return { plane, verdict };
  if (taking === null) return { plane: { ...plane, fence }, verdict };
  const { reservation: id, untilMs, serving, minHealthy } = taking;
  const ask = { id, holder: lease.holder, service, untilMs, serving, minHealthy };
  const { budget, result } = commit(plane.budget, ask, nowMs);
  if (result.kind === 'refused') return { plane, verdict: { refused: result.reason } };
  return { plane: { fence, budget }, verdict };
}

function inEpoch(fence: Fence, epoch: number): Fence {
  return { epoch, tokens: fence.tokens.map(() => 0) };
}

function refusalOf(fence: Fence, lease: Lease, service: number, nowMs: number): FenceRefusal | null {
  const { epoch, token, untilMs } = lease;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(token) || epoch < 1 || token < 1) return 'malformed';
  const highest = fence.tokens[service];
  if (highest === undefined) return 'unknown-service';
  if (lease.service !== service) return 'wrong-service';
  if (epoch < fence.epoch) return 'old-epoch';
  if (epoch === fence.epoch && token < highest) return 'stale-token';
  // So written that an end which is not a number is in the past.
  return nowMs < untilMs ? null : 'expired';
}
