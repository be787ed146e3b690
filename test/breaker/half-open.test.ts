import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BreakerError } from '../../strategies/breaker-error.ts';
import type { Ticket } from '../../strategies/breaker-tickets.ts';
import { nextWakeAt } from '../../strategies/breaker-transitions.ts';
import { Harness, halfOpenAt1000, type Settings } from './harness.ts';

const kOfN = (required: number, permits: number) => ({ permits, pass: { kind: 'successes' as const, required } });

test('case 22: while the one probe is in flight a second call is refused at once', () => {
  const breaker = halfOpenAt1000({ permits: 1 });
  breaker.ticket();
  expect(breaker.admit()).toMatchObject({ kind: 'refused', cause: 'probing' });
  expect(breaker.mode).toBe('half-open');
});

test('case 23: a successful probe closes it with nothing counted', () => {
  const breaker = new Harness({
    trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 2 }],
    window: { kind: 'time', lengthMs: 60_000 },
    open: { waitMs: 1000 },
  });
  breaker.calls('ff');
  breaker.nowMs = 1000;
  breaker.calls('o');
  expect(breaker.reading()).toMatchObject({ mode: 'closed', calls: 0, failed: 0, consecutive: 0, openings: 0 });
  breaker.calls('oof');
  expect(breaker.mode).toBe('closed');
});

test('case 24: a failed probe opens it and the wait starts from now', () => {
  const breaker = halfOpenAt1000({ permits: 1 });
  const probe = breaker.ticket();
  breaker.nowMs = 1700;
  breaker.settle(probe, 'failed');
  expect(breaker.reading()).toMatchObject({ mode: 'open', retryAtMs: 2700 });
});

test.each(['oof', 'ofo', 'foo'])('case 25: with 3 probes ending %s it stays half-open until the last', (outcomes) => {
  const breaker = halfOpenAt1000({ ...kOfN(2, 3), verdict: 'after-all' });
  const probes = [breaker.ticket(), breaker.ticket(), breaker.ticket()];
  for (const [index, letter] of [...outcomes].entries()) {
    expect(breaker.mode).toBe('half-open');
    breaker.settle(probes[index]!, letter === 'o' ? 'ok' : 'failed');
  }
  expect(breaker.mode).toBe('closed');
});

test.each([
  { comparison: '>=' as const, opensOn: 2 },
  { comparison: '>' as const, opensOn: 3 },
])('case 26: of 4 probes with share $comparison 0.5, failure $opensOn decides at once', ({ comparison, opensOn }) => {
  const breaker = halfOpenAt1000({ permits: 4, pass: { kind: 'failed-share', share: 0.5, comparison } });
  for (let failures = 1; failures <= opensOn; failures++) {
    expect(breaker.mode).toBe('half-open');
    breaker.settle(breaker.ticket(), 'failed');
  }
  expect(breaker.mode).toBe('open');
});

test('case 26: judged after all, the same failures wait for the last probe', () => {
  const pass = { kind: 'failed-share' as const, share: 0.5 };
  const breaker = halfOpenAt1000({ permits: 4, pass, verdict: 'after-all' });
  breaker.calls('fff');
  expect(breaker.mode).toBe('half-open');
  breaker.calls('o');
  expect(breaker.mode).toBe('open');
});

test('case 27: with 3 of 5 successes required, 2 failures are tolerated and the next opens it', () => {
  const tolerant = halfOpenAt1000(kOfN(3, 5));
  tolerant.calls('ffoo');
  expect(tolerant.mode).toBe('half-open');
  tolerant.calls('o');
  expect(tolerant.mode).toBe('closed');
  const failing = halfOpenAt1000(kOfN(3, 5));
  failing.calls('ffoo');
  failing.calls('f');
  expect(failing.mode).toBe('open');
});

test('case 28: the minimum of calls of closed does not apply in half-open', () => {
  const settings: Settings = { trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 100 }] };
  for (const [outcome, mode] of [
    ['o', 'closed'],
    ['f', 'open'],
  ] as const) {
    const breaker = new Harness({ ...settings, open: { waitMs: 1000 } });
    breaker.command({ kind: 'open' });
    breaker.nowMs = 1000;
    breaker.calls(outcome);
    expect(breaker.mode).toBe(mode);
  }
});

test('case 29: an ignored probe gives its permit back, any number of times', () => {
  const breaker = halfOpenAt1000({ permits: 1 });
  breaker.calls('i'.repeat(20));
  expect(breaker.state.mode).toMatchObject({ kind: 'half-open', inFlight: 0, succeeded: 0, failed: 0 });
  breaker.calls('o');
  expect(breaker.mode).toBe('closed');
});

test.each([
  { ignored: 'success' as const, mode: 'closed' },
  { ignored: 'failure' as const, mode: 'open' },
])('case 29: by setting, an ignored probe counts as a $ignored', ({ ignored, mode }) => {
  const breaker = halfOpenAt1000({ permits: 1, ignored });
  breaker.calls('i');
  expect(breaker.mode).toBe(mode);
});

test.each([
  { cancelled: 'give-back' as const, mode: 'half-open' },
  { cancelled: 'failure' as const, mode: 'open' },
])('case 30: a cancelled probe under $cancelled leaves it $mode', ({ cancelled, mode }) => {
  const breaker = halfOpenAt1000({ permits: 1, cancelled });
  breaker.release(breaker.ticket());
  expect(breaker.mode).toBe(mode);
  if (mode === 'half-open') expect(breaker.admit()).toBeTypeOf('number');
});

test.each([
  { stayEnd: 'open' as const, reading: { mode: 'open', retryAtMs: 4000 } },
  { stayEnd: 'close' as const, reading: { mode: 'closed', calls: 0 } },
])('case 31: a probe that never ends makes it $stayEnd after the longest stay', ({ stayEnd, reading }) => {
  const breaker = halfOpenAt1000({ permits: 1, stayMs: 2000, stayEnd });
  const lost = breaker.ticket();
  expect(nextWakeAt(breaker.config, breaker.state)).toBe(3000);
  breaker.nowMs = 2999;
  breaker.advance();
  expect(breaker.mode).toBe('half-open');
  expect(breaker.reading(3500)).toMatchObject(reading);
  breaker.nowMs = 3500;
  expect(breaker.settle(lost, 'ok').map((effect) => effect.kind)).toEqual(['transition', 'late']);
  expect(breaker.reading()).toMatchObject(reading);
});

test('case 31: the longest stay is finite by default', () => {
  const breaker = halfOpenAt1000({});
  breaker.ticket();
  breaker.nowMs = 61_000;
  breaker.advance();
  expect(breaker.mode).toBe('open');
});

test('case 31: without a probe in flight it may stay half-open for any time', () => {
  const breaker = halfOpenAt1000({ stayMs: 2000 });
  expect(nextWakeAt(breaker.config, breaker.state)).toBeNull();
  breaker.nowMs = 1_000_000;
  const probe = breaker.ticket();
  breaker.nowMs += 1999;
  breaker.settle(probe, 'ok');
  expect(breaker.mode).toBe('closed');
});

test.each([
  { slow: 'failure' as const, mode: 'open' },
  { slow: 'success' as const, mode: 'closed' },
])('a slow successful probe counts as a $slow', ({ slow, mode }) => {
  const breaker = halfOpenAt1000({ slow });
  breaker.calls('s');
  expect(breaker.mode).toBe(mode);
});

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'admit' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      pick: fc.nat(),
      outcome: fc.constantFrom('ok', 'failed', 'ignored'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bulk' as const), ok: fc.nat(5), failed: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      order: fc.constantFrom(
        { kind: 'open' },
        { kind: 'half-open' },
        { kind: 'close' },
        { kind: 'reset' },
        { kind: 'disable' },
        { kind: 'isolate', holder: 'a' },
        { kind: 'release', holder: 'a' },
      ),
    }),
  },
);

test('case 32: permits are never negative nor above n under any interleaving', () => {
  let probesSeen = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('at-once' as const, 'after-all' as const),
      fc.array(action, { maxLength: 80, size: 'max' }),
      (permits, verdict, actions) => {
        const breaker = halfOpenAt1000({ permits, verdict, stayMs: 2000 });
        const held: { ticket: Ticket; generation: number }[] = [];
        for (const step of actions) {
          // Settled tickets stay in the list: settling twice must not free a permit twice.
          const ticket = 'pick' in step && held.length > 0 ? held[step.pick % held.length]!.ticket : undefined;
          if (step.kind === 'admit') {
            const admission = breaker.admit();
            if (typeof admission === 'number') held.push({ ticket: admission, generation: breaker.state.generation });
          }
          if (step.kind === 'settle' && ticket !== undefined) breaker.settle(ticket, step.outcome);
          if (step.kind === 'release' && ticket !== undefined) breaker.release(ticket);
          if (step.kind === 'bulk') breaker.settleMany(step);
          if (step.kind === 'wait') breaker.nowMs += step.ms;
          if (step.kind === 'command') orderIfLegal(breaker, step.order);
          const { mode } = breaker.state;
          if (mode.kind !== 'half-open') continue;
          probesSeen += mode.inFlight;
          expect(Math.min(mode.inFlight, mode.succeeded, mode.failed)).toBeGreaterThanOrEqual(0);
          expect(mode.inFlight + mode.succeeded + mode.failed).toBeLessThanOrEqual(permits);
          expect(mode.succeeded + mode.failed).toBeLessThan(permits);
          const admitted = held.filter(({ generation }) => generation === breaker.state.generation);
          expect(mode.inFlight).toBeLessThanOrEqual(admitted.length);
        }
      },
    ),
    { numRuns: 300, seed: 32 },
  );
  expect(probesSeen).toBeGreaterThan(100);
});

function orderIfLegal(breaker: Harness, order: Parameters<Harness['command']>[0]): void {
  try {
    breaker.command(order);
  } catch (error) {
    if (!(error instanceof BreakerError)) throw error;
  }
}
