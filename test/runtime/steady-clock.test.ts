import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steadyClock } from '../../src/runtime/steady-clock.ts';

/** A clock that is set by hand. */
function handClock(): { nowMs: number; now(): number; after(): () => void } {
  return {
    nowMs: 1000,
    now() {
      return this.nowMs;
    },
    after: () => () => {},
  };
}

describe('a steady clock', () => {
  it('goes on from where it was when the clock is put back', () => {
    const hand = handClock();
    const steady = steadyClock(hand);
    expect(steady.now()).toBe(1000);
    hand.nowMs = 400;
    expect(steady.now()).toBe(1000);
    hand.nowMs = 450;
    expect(steady.now()).toBe(1050);
  });

  it('follows a clock that is put forward', () => {
    const hand = handClock();
    const steady = steadyClock(hand);
    hand.nowMs = 9000;
    expect(steady.now()).toBe(9000);
  });

  it('goes on from where an earlier run ended', () => {
    const hand = handClock();
    const steady = steadyClock(hand);
    steady.notBefore(5000);
    expect(steady.now()).toBe(5000);
    hand.nowMs += 10;
    expect(steady.now()).toBe(5010);
    steady.notBefore(2000);
    expect(steady.now()).toBe(5010);
  });

  it('never goes back, and never slower than the clock goes forward', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10_000, max: 10_000 })), (stepsMs) => {
        const hand = handClock();
        const steady = steadyClock(hand);
        for (const stepMs of stepsMs) {
          const before = steady.now();
          hand.nowMs += stepMs;
          expect(steady.now()).toBe(before + Math.max(0, stepMs));
        }
      }),
    );
  });
});
