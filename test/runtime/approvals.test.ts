import { describe, expect, it } from 'vitest';
import { type ApprovalEvent, Approvals } from '../../src/runtime/approvals.ts';
import type { Action } from '../../strategies/contract.ts';
import { FakeClock } from './probes/fake-clock.ts';

const ACTION: Action = {
  ...{ kind: 'restart', id: 7, atMs: 0, service: 0, replica: 1 },
  ...{ cause: 'slow', rung: 0, reason: 'p95 900 ms', mode: 'graceful' },
};

function bench() {
  const clock = new FakeClock();
  const events: ApprovalEvent[] = [];
  return { clock, events, approvals: new Approvals(clock, (event) => events.push(event)) };
}

describe('an action that waits for a yes', () => {
  it('is shown until it is answered, and goes on with the answer', async () => {
    const { approvals, events } = bench();
    const asked = approvals.ask(ACTION, 'cart', 60_000);
    expect(approvals.waiting).toMatchObject([{ id: 7, service: 'cart', action: 'restart', replica: 1 }]);
    expect(approvals.decide(7, true, 'me')).toBe(true);
    expect(await asked).toEqual({ kind: 'approved', by: 'me' });
    expect(approvals.waiting).toEqual([]);
    expect(events.map(({ verdict }) => verdict?.kind ?? 'asked')).toEqual(['asked', 'approved']);
  });

  it('can be answered once, and by its number only', async () => {
    const { approvals } = bench();
    const asked = approvals.ask(ACTION, 'cart', 60_000);
    expect(approvals.decide(8, true, 'me')).toBe(false);
    expect(approvals.decide(7, false, 'me')).toBe(true);
    expect(approvals.decide(7, true, 'you')).toBe(false);
    expect(await asked).toEqual({ kind: 'denied', reason: 'denied by me' });
  });

  it('is refused when nobody answers in time, or can answer any more', async () => {
    const { approvals, clock } = bench();
    const asked = approvals.ask(ACTION, 'cart', 60_000);
    clock.advance(60_000);
    expect(await asked).toEqual({ kind: 'denied', reason: 'nobody approved it within 60 s' });
    const again = approvals.ask(ACTION, 'cart', 60_000);
    approvals.denyAll('healix stops');
    expect(await again).toEqual({ kind: 'denied', reason: 'healix stops' });
    expect(clock.timers).toBe(0);
  });
});
