import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acquire,
  expire,
  LEASE_TERM_MS_MAX,
  type LeaseBook,
  newEpoch,
  release,
  renew,
  startLeases,
} from '../../strategies/coordinate/lease.ts';
import type { Lease } from '../../strategies/coordinate/messages.ts';

const ASK = { service: 3, holder: 'healer/3', termMs: 1000 } as const;
const OPEN = newEpoch(startLeases(), 100).book;

function granted(book: LeaseBook, nowMs: number, service = 3): { book: LeaseBook; lease: Lease } {
  const { book: next, result } = acquire(book, { ...ASK, service }, nowMs);
  if (result.kind === 'refused') throw new Error(result.reason);
  return { book: next, lease: result.lease };
}

describe('a lease', () => {
  it('is granted for a term, with epoch and token', () => {
    expect(granted(OPEN, 50).lease).toEqual({ service: 3, holder: 'healer/3', epoch: 100, token: 1, untilMs: 1050 });
  });

  it('keeps everybody else off its service, and its holder from a second one, up to its end', () => {
    const { book } = granted(OPEN, 0);
    const held = { kind: 'refused', reason: 'held' };
    expect(acquire(book, { ...ASK, holder: 'healer/4' }, 999).result).toEqual(held);
    expect(acquire(book, ASK, 999)).toEqual({ book, result: held });
    expect(acquire(book, { ...ASK, service: 4 }, 999).result.kind).toBe('granted');
    expect(granted(book, 1000).lease.token).toBe(2);
  });

  it('is renewed from now, with the token it has, while it is valid', () => {
    const { book, lease } = granted(OPEN, 0);
    const { book: later, result } = renew(book, { lease, termMs: 1000 }, 999);
    expect(result).toEqual({ kind: 'renewed', lease: { ...lease, untilMs: 1999 } });
    expect(acquire(later, ASK, 1998).result).toEqual({ kind: 'refused', reason: 'held' });
    expect(renew(book, { lease, termMs: 1000 }, 1000).result).toEqual({ kind: 'refused', reason: 'expired' });
    expect(renew(book, { lease, termMs: 10 }, 0).result).toEqual({ kind: 'renewed', lease });
  });

  it('that was overtaken, released or is another’s is neither renewed nor released', () => {
    const { book, lease } = granted(OPEN, 0);
    const { book: next, lease: second } = granted(book, 1000);
    const notHeld = { kind: 'refused', reason: 'not-held' };
    for (const old of [lease, { ...second, holder: 'healer/9' }, { ...second, epoch: 99 }] as const) {
      expect(renew(next, { lease: old, termMs: 1000 }, 1001).result).toEqual(notHeld);
      expect(release(next, old)).toEqual({ book: next, released: false });
    }
    const { book: free, released } = release(next, second);
    expect(released).toBe(true);
    expect(renew(free, { lease: second, termMs: 1000 }, 1001).result).toEqual(notHeld);
    expect(granted(free, 1001).lease.token).toBe(3);
  });

  it('that has ended is told of once', () => {
    const { book, lease } = granted(granted(OPEN, 0).book, 500, 4);
    const { book: swept, expired } = expire(book, 1000);
    expect(expired.map(({ service }) => service)).toEqual([3]);
    expect(swept.leases).toEqual([lease]);
    expect(expire(swept, 1000)).toEqual({ book: swept, expired: [] });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, LEASE_TERM_MS_MAX + 1])('is not given for %d ms', (termMs) => {
    const { book, lease } = granted(OPEN, 0);
    const badTerm = { kind: 'refused', reason: 'bad-term' };
    expect(acquire(OPEN, { ...ASK, termMs }, 0)).toEqual({ book: OPEN, result: badTerm });
    expect(renew(book, { lease, termMs }, 0)).toEqual({ book, result: badTerm });
  });
});

describe('a new epoch', () => {
  it('voids all leases and goes on with the tokens', () => {
    const { book, started } = newEpoch(granted(OPEN, 0).book, 201);
    expect(started).toBe(true);
    expect(granted(book, 1).lease).toMatchObject({ epoch: 201, token: 2 });
  });

  it.each([100, 99, 100.5, Number.NaN])('is not begun by %d after 100', (epoch) => {
    const { book } = granted(OPEN, 0);
    expect(newEpoch(book, epoch)).toEqual({ book, started: false });
  });

  it('must have begun before anything is granted', () => {
    expect(acquire(startLeases(), ASK, 0).result).toEqual({ kind: 'refused', reason: 'no-epoch' });
  });
});

type Move =
  | { readonly kind: 'acquire' | 'renew' | 'release'; readonly service: number; readonly termMs: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'expire' | 'epoch' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('acquire' as const, 'renew' as const, 'release' as const),
      service: fc.nat(7),
      termMs: fc.integer({ min: 1, max: 500 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('expire' as const, 'epoch' as const) }) },
);

describe('whatever is asked in whatever order', () => {
  it('every grant outranks all before it, a service has one owner, and the book survives JSON', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        let book = OPEN;
        let nowMs = 0;
        let last: Lease | undefined;
        const given = new Map<string, Lease>();
        for (const one of moves) {
          book = JSON.parse(JSON.stringify(book)) as LeaseBook;
          if (one.kind === 'wait') nowMs += one.ms;
          if (one.kind === 'expire') book = expire(book, nowMs).book;
          if (one.kind === 'epoch') {
            book = newEpoch(book, book.epoch + 1).book;
            given.clear();
          }
          if (one.kind !== 'acquire' && one.kind !== 'renew' && one.kind !== 'release') continue;
          const { service, termMs } = one;
          const owned = [...given.values()].find((lease) => lease.service === service);
          const isOwned = owned !== undefined && nowMs < owned.untilMs;
          if (one.kind === 'acquire') {
            const { book: next, result } = acquire(book, { service, holder: `healer/${service}`, termMs }, nowMs);
            expect(result.kind).toBe(isOwned ? 'refused' : 'granted');
            if (result.kind === 'granted') {
              const { lease } = result;
              if (last !== undefined) expect(outranks(lease, last)).toBe(true);
              last = lease;
              given.set(String(service), lease);
            }
            book = next;
          } else if (owned !== undefined && one.kind === 'renew') {
            const { book: next, result } = renew(book, { lease: owned, termMs }, nowMs);
            expect(result.kind).toBe(isOwned ? 'renewed' : 'refused');
            if (result.kind === 'renewed') given.set(String(service), result.lease);
            book = next;
          } else if (owned !== undefined) {
            book = release(book, owned).book;
            given.delete(String(service));
          }
          expect(new Set(book.leases.map((lease) => lease.service)).size).toBe(book.leases.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function outranks(one: Lease, other: Lease): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.token > other.token);
}
