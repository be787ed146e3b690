/** Whatever breeding comes up with must run: any genome on any shipped fleet, bounded. */
import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import type { Healer } from '../../strategies/contract.ts';
import { decode, randomGenome } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';

const plans = shippedFleets().map((name) => planFleet(loadFleet(name).fleet));

describe('any genome', () => {
  it('runs on any shipped fleet, one after the other, and loses no more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const healer = strategyHealer('any', decode(randomGenome(seedrandom(String(seed))))) as Healer;
        for (const plan of plans) {
          const result = runTrial(plan, drawScenario(plan, `any/${seed}`, 400), healer, { stepsMax: 1500 });
          expect(Number.isFinite(result.fitness)).toBe(true);
          expect(result.lost).toBeLessThanOrEqual(result.requests * (1 + 1e-9));
          expect(result.lost).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
