/** Long random walks through the same model, far beyond what can be searched whole. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fleetModel } from './fleet-model.ts';
import { type Fleet, type Scope, SOURCE } from './fleet-world.ts';

const targets = [0, 1].flatMap((service) =>
  [[0], [1], [0, 1], []].map((replicas) => ({ service, replicas, holders: [0, 1, 2] })),
);

const scopes: fc.Arbitrary<Scope> = fc.record({
  limits: fc.record({
    perService: fc.integer({ min: 1, max: 2 }),
    perHost: fc.integer({ min: 1, max: 2 }),
    fleet: fc.integer({ min: 1, max: 4 }),
  }),
  minHealthy: fc.nat(1),
  targets: fc.constant(targets),
  horizonMs: fc.constant(60),
  termMs: fc.integer({ min: 1, max: 6 }),
  actionMs: fc.integer({ min: 1, max: 4 }),
  effectorLagMs: fc.nat(3),
  awards: fc.constant(30),
  takeovers: fc.constant(20),
  crashes: fc.nat(10),
  accusations: fc.nat(20),
  failures: fc.nat(1),
});

it('nothing goes wrong on a long way through', () => {
  let acts = 0;
  let refusals = 0;
  fc.assert(
    fc.property(scopes, fc.array(fc.nat(1000), { minLength: 100, maxLength: 200, size: 'max' }), (scope, choices) => {
      const model = fleetModel(SOURCE, scope);
      const trace: string[] = [];
      let fleet: Fleet = model.start;
      for (const choice of choices) {
        // One step in ten may be one that the effector refuses.
        const from = fleet;
        const steps = model.steps(from).filter(({ state }) => choice % 10 === 0 || state !== from);
        if (steps.length === 0) return;
        const { label, state } = steps[choice % steps.length]!;
        trace.push(label);
        if (label.startsWith('act')) acts++;
        if (label.startsWith('refused')) refusals++;
        fleet = state;
        const flaw = model.flaw(fleet);
        if (flaw !== '') throw new Error(`${flaw}\n  ${trace.join('\n  ')}`);
      }
    }),
    { numRuns: 100 },
  );
  console.log(`${acts} acts, ${refusals} refusals on 100 ways`);
  expect(acts).toBeGreaterThan(300);
  expect(refusals).toBeGreaterThan(300);
});
