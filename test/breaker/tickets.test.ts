import { expect, test } from 'vitest';
import {
  createTicketBook,
  issueTicket,
  NOT_IN_FLIGHT,
  redeemTicket,
  TICKET_VERSIONS,
  TICKETS_IN_FLIGHT_MAX,
  ticketProblems,
} from '../../strategies/breaker-tickets.ts';
import { Harness } from './harness.ts';

test('tickets in flight are distinct small integers and remember their generation', () => {
  const book = createTicketBook();
  const tickets = Array.from({ length: 1000 }, (_, generation) => issueTicket(book, generation));
  expect(new Set(tickets).size).toBe(1000);
  expect(tickets.map((ticket) => redeemTicket(book, ticket))).toEqual(tickets.map((_, generation) => generation));
  expect(ticketProblems(book)).toEqual([]);
});

test('a book is no larger than the most calls that were ever in flight', () => {
  const book = createTicketBook();
  for (let call = 0; call < 10_000; call++) redeemTicket(book, issueTicket(book, 0));
  expect(book.versions).toHaveLength(1);
});

test('beyond the limit of calls in flight the oldest is forgotten, and tickets stay below 2^31', () => {
  const book = createTicketBook();
  const tickets = Array.from({ length: TICKETS_IN_FLIGHT_MAX + 1 }, () => issueTicket(book, 3));
  expect(book.versions).toHaveLength(TICKETS_IN_FLIGHT_MAX);
  expect(redeemTicket(book, tickets[0]!)).toBe(NOT_IN_FLIGHT);
  expect(redeemTicket(book, tickets[1]!)).toBe(3);
  expect(redeemTicket(book, tickets.at(-1)!)).toBe(3);
  expect(TICKETS_IN_FLIGHT_MAX * TICKET_VERSIONS).toBe(2 ** 31);
});

test('slow limits may differ per call class, and a class without one has the default', () => {
  const breaker = new Harness({ slowMs: 100, slowMsByClass: { report: 5000 }, trip: [] });
  const settings = [
    { callClass: 'report', durationMs: 4000 },
    { callClass: 'search', durationMs: 4000 },
    { callClass: 'toString', durationMs: 4000 },
    { callClass: undefined, durationMs: 100 },
  ];
  const slow = settings.map(({ callClass, durationMs }) => {
    const before = breaker.reading().slow;
    breaker.settle(breaker.ticket(), 'ok', durationMs, callClass);
    return breaker.reading().slow - before;
  });
  expect(slow).toEqual([0, 1, 1, 0]);
});

test('a quiet call reports the one shared empty list', () => {
  const breaker = new Harness();
  const first = breaker.settle(breaker.ticket(), 'ok');
  expect(breaker.settle(breaker.ticket(), 'failed')).toBe(first);
  expect(Object.isFrozen(first)).toBe(true);
});
