import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BreakerError } from '../../strategies/breaker-error.ts';
import { restoreBreaker, saveBreaker } from '../../strategies/breaker-save.ts';
import { createWindow } from '../../strategies/breaker-window.ts';
import { Harness, openedAt0, type Settings } from './harness.ts';

const good = () => saveBreaker(openedAt0({ window: { kind: 'time', lengthMs: 1000, slots: 2 } }).state);
const bad: { name: string; saved: unknown; fields: string[] }[] = [
  { name: 'an unknown version', saved: { ...good(), version: 2 }, fields: ['version'] },
  { name: 'no object', saved: 'closed', fields: ['(root)'] },
  { name: 'no version', saved: { state: 'open' }, fields: ['version', 'mode', 'generation'] },
  { name: 'an unknown mode', saved: { ...good(), mode: { kind: 'ajar' } }, fields: ['mode.kind'] },
  { name: 'NaN', saved: { ...good(), lastMs: Number.NaN, openings: -1 }, fields: ['lastMs', 'openings'] },
  { name: 'NaN as JSON has it', saved: { ...good(), consecutive: null }, fields: ['consecutive'] },
  {
    name: 'a negative wait',
    saved: { ...good(), mode: { kind: 'open', sinceMs: 0, untilMs: -1 } },
    fields: ['mode.untilMs'],
  },
  { name: 'an unknown key', saved: { ...good(), extra: 1 }, fields: ['(root)'] },
  {
    name: 'totals that are not the sum of the slots',
    saved: { ...good(), window: { ...good().window, calls: 9 } },
    fields: ['window.calls'],
  },
  {
    name: 'slots that are not as many as each other',
    saved: { ...good(), window: { ...good().window, slotSlow: [0] } },
    fields: ['window.slotSlow'],
  },
  {
    name: 'a place beyond the outcomes of a count window',
    saved: { ...good(), window: { kind: 'count', calls: 1, failed: 0, slow: 0, outcomes: [0], next: 1 } },
    fields: ['window.next'],
  },
  {
    name: 'more probes than permits',
    saved: { ...good(), mode: { kind: 'half-open', sinceMs: 0, untilMs: 0, inFlight: 2, succeeded: 0, failed: 0 } },
    fields: ['mode.inFlight'],
  },
  {
    name: 'a half-open mode with nothing to wait for',
    saved: { ...good(), mode: { kind: 'half-open', sinceMs: 0, untilMs: 0, inFlight: 0, succeeded: 1, failed: 0 } },
    fields: ['mode.succeeded'],
  },
  {
    name: 'a ramp the settings do not have',
    saved: { ...good(), mode: { kind: 'ramping', sinceMs: 0, untilMs: 5, credit: 0 } },
    fields: ['mode.kind'],
  },
  {
    name: 'a free ticket that is in flight',
    saved: { ...good(), tickets: { versions: [0], generations: [0], free: [0], next: 0 } },
    fields: ['tickets.free'],
  },
];

test.each(bad)('case 45: a saved state with $name is a typed error naming $fields', ({ saved, fields }) => {
  const { config } = openedAt0({ window: { kind: 'time', lengthMs: 1000, slots: 2 } });
  let thrown: unknown;
  try {
    restoreBreaker(config, saved, 0);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BreakerError);
  const { code, problems } = thrown as BreakerError;
  expect(code).toBe('bad-saved-state');
  for (const field of fields) expect(problems.some((problem) => problem.startsWith(`${field}: `))).toBe(true);
  expect(restoreBreaker(config, saved, 50, { ifBad: 'closed' }).mode).toEqual({ kind: 'closed', sinceMs: 50 });
});

test('case 45: a good state with the same option is restored, not closed', () => {
  const { config } = openedAt0({ window: { kind: 'time', lengthMs: 1000, slots: 2 } });
  expect(restoreBreaker(config, good(), 50, { ifBad: 'closed' }).mode.kind).toBe('open');
});

const others: { name: string; window: Settings['window'] }[] = [
  { name: 'longer', window: { kind: 'time', lengthMs: 5000, slots: 2 } },
  { name: 'of more slots', window: { kind: 'time', lengthMs: 1000, slots: 4 } },
  { name: 'of fewer slots', window: { kind: 'time', lengthMs: 1000, slots: 1 } },
  { name: 'of a number of calls', window: { kind: 'count', calls: 10 } },
];

test.each(others)(
  'case 45: under a window $name the saved calls are forgotten, mode and openings stay',
  ({ window }) => {
    const trip = [{ kind: 'consecutive' as const, failures: 2 }];
    const before = new Harness({ window: { kind: 'time', lengthMs: 1000, slots: 2 }, trip });
    before.nowMs = 700_000;
    before.calls('off');
    before.nowMs = 700_500;
    const saved = saveBreaker(before.state);
    const { config } = openedAt0({ window: window! });
    const restored = restoreBreaker(config, saved, 700_500);
    expect(restored.window).toEqual(createWindow(config.window, restored.lastMs));
    const { mode, openings, generation, consecutive } = before.state;
    expect(restored).toMatchObject({ mode, openings, generation, consecutive });
    expect(mode.kind).toBe('open');
  },
);

const counts: { calls: number; to: number; kept: number }[] = [
  { calls: 3, to: 5, kept: 3 },
  { calls: 4, to: 6, kept: 0 },
  { calls: 3, to: 3, kept: 3 },
  { calls: 3, to: 2, kept: 0 },
  { calls: 4, to: 3, kept: 3 },
];

test.each(counts)('case 45: $calls calls of a window of 3 under one of $to: $kept are kept', ({ calls, to, kept }) => {
  const of = (size: number) => new Harness({ window: { kind: 'count', calls: size }, trip: [] });
  const before = of(3);
  before.calls('o'.repeat(calls));
  const after = of(to);
  after.state = restoreBreaker(after.config, saveBreaker(before.state), 0);
  expect(after.reading().calls).toBe(kept);
  after.calls('f'.repeat(to + 1));
  expect(after.reading()).toMatchObject({ calls: to, failed: to });
});

test('case 45: whatever the window before, no call is remembered for longer than a window', () => {
  const window = fc.record({
    kind: fc.constant('time' as const),
    lengthMs: fc.integer({ min: 1, max: 5000 }),
    slots: fc.integer({ min: 1, max: 12 }),
  });
  const times = fc.record({ ranMs: fc.nat(100_000), downMs: fc.nat(100_000) });
  fc.assert(
    fc.property(window, window, times, (before, after, { ranMs, downMs }) => {
      const old = new Harness({ window: before, trip: [] });
      old.nowMs = ranMs;
      old.calls('off');
      const restored = new Harness({ window: after, trip: [] });
      restored.nowMs = ranMs + downMs;
      restored.state = restoreBreaker(restored.config, saveBreaker(old.state), restored.nowMs);
      const atMs = restored.nowMs + after.lengthMs;
      expect(restored.reading(atMs)).toMatchObject({ calls: 0, failed: 0 });
      restored.nowMs = atMs;
      restored.calls('f');
      expect(restored.reading(atMs)).toMatchObject({ calls: 1, failed: 1 });
    }),
  );
});

test('case 46: isolation survives a restart and can be released', () => {
  const breaker = new Harness();
  breaker.command({ kind: 'isolate', holder: 'a' });
  breaker.command({ kind: 'isolate', holder: 'b' });
  breaker.reload();
  expect(breaker.admit()).toMatchObject({ cause: 'forced-open' });
  breaker.command({ kind: 'release', holder: 'b' });
  breaker.reload();
  breaker.command({ kind: 'release', holder: 'a' });
  expect(breaker.mode).toBe('closed');
});
