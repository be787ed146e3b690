import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backoffMs,
  decideRestart,
  freshPacing,
  type RestartBackoff,
} from '../../strategies/baselines/restart-pacing.ts';

const backoff: RestartBackoff = {
  firstDelayMs: 0,
  baseMs: 10_000,
  factor: 2,
  maxMs: 300_000,
  linearMs: 0,
  jitter: 0.25,
  resetAfterMs: 600_000,
};

describe('the back-off', () => {
  it.each([
    [0, 0],
    [1, 10_000],
    [2, 20_000],
    [5, 160_000],
    [6, 300_000],
    [1_000_000, 300_000],
  ])('after %i restarts is %i ms', (restarts, waitMs) => {
    expect(backoffMs(backoff, restarts)).toBe(waitMs);
  });

  it('never shrinks as restarts add up, and never exceeds its maximum by more than the jitter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (restarts, share) => {
        expect(backoffMs(backoff, restarts + 1)).toBeGreaterThanOrEqual(backoffMs(backoff, restarts));
        const pacing = { ...freshPacing(), restarts };
        const waitMs = decideRestart(backoff, null, pacing, 0, 0, share);
        expect(waitMs).toBeGreaterThanOrEqual(backoffMs(backoff, restarts));
        expect(waitMs).toBeLessThanOrEqual(backoff.maxMs * (1 + backoff.jitter));
      }),
    );
  });
});

describe('a window of starts', () => {
  it('never lets more than its number of starts through within its length', () => {
    const giveUp = { kind: 'starts', starts: 5, inMs: 10_000 } as const;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 60 }), (gapsMs) => {
        const pacing = freshPacing();
        let atMs = 0;
        const startsMs: number[] = [];
        for (const gapMs of gapsMs) {
          atMs += gapMs;
          if (decideRestart({ ...backoff, resetAfterMs: 0 }, giveUp, pacing, atMs, 0, 0) === Number.POSITIVE_INFINITY)
            break;
          startsMs.push(atMs);
        }
        // A fixed window lets at most twice its number through around its border, as systemd's does.
        for (const sinceMs of startsMs) {
          expect(startsMs.filter((ms) => ms >= sinceMs && ms <= sinceMs + giveUp.inMs).length).toBeLessThanOrEqual(10);
        }
        expect(pacing.gaveUp === 1).toBe(startsMs.length < gapsMs.length);
      }),
    );
  });
});

describe('rescheduling', () => {
  it('doubles to its maximum and starts over once the last lies further back than that', () => {
    const giveUp = { kind: 'reschedule', restarts: 0, inMs: 1, delayMs: 30_000, factor: 2, maxMs: 3_600_000 } as const;
    const pacing = freshPacing();
    const waits = Array.from({ length: 9 }, (_, at) => decideRestart(backoff, giveUp, pacing, at * 1_000, 0, 0));
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600].map((s) => s * 1_000));
    expect(decideRestart(backoff, giveUp, pacing, 8_000 + 3_600_001, 0, 0)).toBe(30_000);
  });
});
