import { expect, test } from 'vitest';
import { evolve } from '../../src/evolve/archipelago.ts';
import { ENGINES } from '../../src/evolve/engines/engines.ts';
import { plan } from '../../src/evolve/plan.ts';
import { mean } from '../../src/evolve/score.ts';
import { toyFleet, toyProblem } from './toy-fleet.ts';

const SEEDS = 6;
const TRIALS = 12_000;

test('healix-ga beats plain genetic-js, and everyone random search, on equal budgets of a noisy mixed problem', async () => {
  const fleet = toyFleet('rivals', 12, 10);
  const truth = (genome: readonly number[]): number =>
    mean(Array.from({ length: 800 }, (_, index) => fleet.evaluate(genome, `held-out/${index}`)));
  const best = truth(fleet.best);
  const handWritten = Math.min(...fleet.seeds.map(truth)) - best;
  /** Share of the best hand-written genome's regret that is left, per seed. */
  const left = new Map<string, number[]>();
  for (const engine of ENGINES) {
    const shares: number[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const problem = toyProblem(fleet);
      const budget = plan({ trials: TRIALS }, engine);
      const options = { problem, problemDigest: 'toy', engine, plan: budget, seed: `rivals/${seed}` };
      const { champion, trials } = await evolve(options);
      expect(trials).toBe(problem.trials);
      expect(trials).toBeLessThan(1.15 * TRIALS);
      expect(trials).toBeGreaterThan(0.85 * TRIALS);
      shares.push((truth(champion) - best) / handWritten);
    }
    left.set(engine.name, shares);
  }
  const [ours, plain, random] = ['healix-ga', 'genetic-js', 'random'].map((name) => left.get(name)!);
  const table = JSON.stringify(Object.fromEntries(left));
  expect(mean(ours!), table).toBeLessThan(0.5 * mean(plain!));
  expect(mean(ours!), table).toBeLessThan(0.3 * mean(random!));
  for (const [name, shares] of left) {
    if (name !== 'random') expect(mean(shares), `${name} in ${table}`).toBeLessThan(0.8 * mean(random!));
  }
  expect(ours!.filter((share, seed) => share < plain![seed]!).length, table).toBe(SEEDS);
});
