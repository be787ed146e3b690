/**
 * The coordinator's book of leases: who may act on which service, and until when. A service has one owner at a time, and every
 * grant outranks all grants before it by (epoch, token), so that a fence at the effector can tell a late holder from the present one
 * (fencing tokens: Kleppmann, How to do distributed locking, 2016).
 */
import { TEN_MINUTES_MS } from '../guard.ts';
import type { AgentId, Lease } from './messages.ts';

/** Longest term of a lease. The guard, too, counts an action without an outcome as under way no longer than this. */
export const LEASE_TERM_MS_MAX = TEN_MINUTES_MS;

/** Plain data, one per coordinator. */
export interface LeaseBook {
  /** Of the coordinator's present term of office (`newEpoch`); 0 before its first, when nothing is granted. */
  readonly epoch: number;
  /** Never goes back, not with a new epoch either. */
  readonly nextToken: number;
  /** At most one per service, oldest token first. Those whose end has passed stay until `expire` or the service's next grant. */
  readonly leases: readonly Lease[];
}

export interface LeaseAsk {
  readonly service: number;
  readonly holder: AgentId;
  readonly termMs: number;
}

export type AcquireRefusal =
  /** Somebody owns the service, perhaps the asker itself: whoever lost an award is sent the same lease again, not another. */
  | 'held'
  /** The book's owner has never become coordinator. */
  | 'no-epoch'
  /** Not longer than 0, or longer than `LEASE_TERM_MS_MAX`. */
  | 'bad-term';

export type Acquired =
  | { readonly kind: 'granted'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly reason: AcquireRefusal };

export type Renewed =
  | { readonly kind: 'renewed'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly reason: 'not-held' | 'expired' | 'bad-term' };

export function startLeases(): LeaseBook {
  return { epoch: 0, nextToken: 1, leases: [] };
}

/** Grants the service to the asker, with a token above all before it, unless another lease on it is still valid. */
export function acquire(
  book: LeaseBook,
  { service, holder, termMs }: LeaseAsk,
  nowMs: number,
): { readonly book: LeaseBook; readonly result: Acquired } {
  if (book.epoch === 0) return { book, result: { kind: 'refused', reason: 'no-epoch' } };
  if (!isTerm(termMs)) return { book, result: { kind: 'refused', reason: 'bad-term' } };
  const former = book.leases.find((lease) => lease.service === service);
  if (former !== undefined && nowMs < former.untilMs) return { book, result: { kind: 'refused', reason: 'held' } };
  const lease: Lease = { service, holder, epoch: book.epoch, token: book.nextToken, untilMs: nowMs + termMs };
  const leases = [...book.leases.filter((other) => other !== former), lease];
  return { book: { ...book, nextToken: book.nextToken + 1, leases }, result: { kind: 'granted', lease } };
}

/** Moves the end of a valid lease to a term from now, never to sooner than it was. Its token stays. */
export function renew(
  book: LeaseBook,
  { lease, termMs }: { readonly lease: Lease; readonly termMs: number },
  nowMs: number,
): { readonly book: LeaseBook; readonly result: Renewed } {
  if (!isTerm(termMs)) return { book, result: { kind: 'refused', reason: 'bad-term' } };
  const held = book.leases.find((other) => isSame(other, lease));
  if (held === undefined) return { book, result: { kind: 'refused', reason: 'not-held' } };
  if (nowMs >= held.untilMs) return { book, result: { kind: 'refused', reason: 'expired' } };
  const renewed: Lease = { ...held, untilMs: Math.max(held.untilMs, nowMs + termMs) };
  const leases = book.leases.map((other) => (other === held ? renewed : other));
  return { book: { ...book, leases }, result: { kind: 'renewed', lease: renewed } };
}

/**
 * Gives a lease back before its end; false if the book does not hold it. Only on the holder's own word: whoever is merely thought dead
 * may still act until its lease ends.
 */
export function release(book: LeaseBook, lease: Lease): { readonly book: LeaseBook; readonly released: boolean } {
  const leases = book.leases.filter((other) => !isSame(other, lease));
  if (leases.length === book.leases.length) return { book, released: false };
  return { book: { ...book, leases }, released: true };
}

/** Takes the leases out whose end has passed, and tells which. */
export function expire(
  book: LeaseBook,
  nowMs: number,
): { readonly book: LeaseBook; readonly expired: readonly Lease[] } {
  const expired = book.leases.filter((lease) => nowMs >= lease.untilMs);
  if (expired.length === 0) return { book, expired };
  return { book: { ...book, leases: book.leases.filter((lease) => nowMs < lease.untilMs) }, expired };
}

/**
 * A new term of office: all leases of the one before are void. False, and nothing changes, unless the epoch is above the book's. Raise
 * the fence to it first (`raise` in fence.ts): that makes the epoch this coordinator's alone and voids the old leases where they count.
 */
export function newEpoch(book: LeaseBook, epoch: number): { readonly book: LeaseBook; readonly started: boolean } {
  if (!Number.isSafeInteger(epoch) || epoch <= book.epoch) return { book, started: false };
  return { book: { epoch, nextToken: book.nextToken, leases: [] }, started: true };
}

/** Also false for NaN, which is neither above nor below anything. */
function isTerm(termMs: number): boolean {
  return termMs > 0 && termMs <= LEASE_TERM_MS_MAX;
}

function isSame(one: Lease, other: Lease): boolean {
  return (
    one.service === other.service &&
    one.token === other.token &&
    one.epoch === other.epoch &&
    one.holder === other.holder
  );
}
