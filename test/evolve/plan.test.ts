import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARCHIVE_SHARE, FINAL_SHARE, plan } from '../../src/evolve/plan.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('a plan', () => {
  test.each([
    [2000, 1, 1, 1],
    [4999, 1, 1, 1],
    [5000, 4, 1, 4],
    [20_000, 4, 2, 8],
  ])('for %d trials has %d island(s) and replications from %d to %d', (trials, islands, first, last) => {
    const { replications, ...rest } = plan({ trials });
    expect(rest.islands).toBe(islands);
    expect(replications[0]).toBeGreaterThanOrEqual(first);
    expect(replications[0]).toBeLessThanOrEqual(first + 1);
    expect(replications.at(-1)).toBeGreaterThanOrEqual(last);
    expect(replications.at(-1)).toBeLessThanOrEqual(last + 1);
  });

  test('never spends more on evolving than its share, nor much less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 300_000 }), (trials) => {
        const { generations, islands, population, replications } = plan({ trials });
        const evolving = sum(replications) * islands * population;
        expect(replications).toHaveLength(generations);
        expect(evolving).toBeLessThanOrEqual(trials * (1 - ARCHIVE_SHARE - FINAL_SHARE));
        expect(evolving).toBeGreaterThan(0.4 * trials);
      }),
    );
  });

  test('has replications that never fall', () => {
    const { replications } = plan({ trials: 30_000 });
    expect(replications).toEqual(replications.toSorted((a, b) => a - b));
  });

  test('keeps the generations and the population that are wished for', () => {
    const wished = plan({ generations: 7, population: 20, islands: 2 });
    expect(wished).toMatchObject({ generations: 7, population: 10, islands: 2 });
    expect(plan({ generations: 7, population: 20, trials: 1000 })).toMatchObject({ generations: 7, trials: 1000 });
    expect(plan({ generations: 1, population: 4 })).toMatchObject({ generations: 1, islands: 1 });
    expect(plan({ generations: 300 })).toMatchObject({ generations: 300, islands: 4, population: 15 });
    expect(plan({ generations: 3 }).trials).toBeLessThan(400);
  });

  test("gives an engine without an archive the archive's share, too", () => {
    const alone = plan({ trials: 20_000 }, { archive: false, islands: 1 });
    expect(alone).toMatchObject({ islands: 1, population: 60 });
    const evolving = sum(alone.replications) * alone.population;
    expect(evolving).toBeLessThanOrEqual(20_000 * (1 - FINAL_SHARE));
    expect(evolving).toBeGreaterThan(20_000 * (1 - ARCHIVE_SHARE - FINAL_SHARE));
  });

  test('keeps the replications that an engine insists on', () => {
    const { generations, replications } = plan({ trials: 20_000 }, { archive: false, islands: 1, replications: 5 });
    expect(replications).toEqual(new Array(generations).fill(5));
    expect(generations).toBe(60);
    expect(plan({ generations: 7 }, { archive: false, replications: 5 }).replications).toEqual(new Array(7).fill(5));
    const wishes = { trials: 1000, generations: 7, population: 60 };
    expect(() => plan(wishes, { archive: false, replications: 5 })).toThrow('7 generations need at least 2334 trials');
  });

  test.each([
    [{ trials: 0 }, 'trials must be a whole number of at least 1, not 0'],
    [{ generations: 1.5 }, 'generations must be a whole number'],
    [{ islands: Number.NaN }, 'islands must be a whole number'],
    [
      { population: 8, islands: 4 },
      '--islands 4 needs a --population of at least 16, not 8: say --population 16 or more, or --islands 2 or fewer',
    ],
    [
      { generations: 300, population: 8 },
      '--islands 4 (which follows from the other options) needs a --population of at least 16, not 8: say',
    ],
    [{ islands: 64 }, 'at least 256, not 60 (which follows from the other options): say --population 256 or more, or'],
    [{ population: 4, islands: 2 }, 'say --population 8 or more, or --islands 1'],
    [{ population: 2, islands: 1 }, 'say --population 4 or more'],
    [{ trials: 100, generations: 100, population: 10 }, '100 generations need at least 1283 trials, the budget is 100'],
  ])('refuses %j with a message that says what to do', (wishes, message) => {
    expect(() => plan(wishes)).toThrow(message);
  });
});
