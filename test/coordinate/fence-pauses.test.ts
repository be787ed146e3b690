import { describe, expect, it } from 'vitest';
import { LIMITS, MIN_HEALTHY, runPauses } from './pauses.ts';

const SEEDS = ['healix-1', 'healix-2'];

describe.each(SEEDS)('under random sleep, kills and lost mail (seed %s)', (seed) => {
  it.each([0, 150])('no stale action is carried out, with the effector’s clock %d ms behind', (effectorLagMs) => {
    const result = runPauses({ seed, forMs: 120_000, fenced: true, effectorLagMs });
    const { asked, refused, stale, awayMax, servingMin, leak } = result;
    console.log(`${seed}: ${JSON.stringify(result)}`);
    expect(asked).toBeGreaterThanOrEqual(1000);
    expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20);
    expect(stale).toBe(0);
    for (const [at, limit] of [LIMITS.perService, LIMITS.perHost, LIMITS.fleet].entries())
      expect(awayMax[at]).toBeLessThanOrEqual(limit);
    expect(servingMin).toBeGreaterThanOrEqual(MIN_HEALTHY);
    expect(leak).toBe(0);
  });

  it('an effector without a fence carries stale actions out', () => {
    const result = runPauses({ seed, forMs: 120_000, fenced: false, effectorLagMs: 0 });
    console.log(`${seed}, no fence: ${JSON.stringify(result)}`);
    expect(result.asked).toBeGreaterThanOrEqual(1000);
    expect(result.stale).toBeGreaterThan(0);
  });
});
