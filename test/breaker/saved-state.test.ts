import { expect, test } from 'vitest';
import { BreakerError } from '../../strategies/breaker-error.ts';
import { restoreBreaker, saveBreaker } from '../../strategies/breaker-save.ts';
import { Harness, openedAt0 } from './harness.ts';

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
    name: 'another window',
    saved: { ...good(), window: { kind: 'count', calls: 0, failed: 0, slow: 0, outcomes: [], next: 0 } },
    fields: ['window.kind'],
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
