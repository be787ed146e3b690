/** Every interleaving at small scope, of the same functions that run: none does harm, and one wrong function always shows. */
import { describe, expect, it } from 'vitest';
import { type Exploration, explore } from './explore.ts';
import { fleetModel } from './fleet-model.ts';
import { type Fleet, type Scope, SOURCE } from './fleet-world.ts';
import { MUTANTS } from './mutants.ts';
import { SCOPES } from './scopes.ts';

/** What may happen and what an effector may answer: each must come up somewhere in the search. */
const STEPS =
  'act award crash deliver done fail hear refund refused-already-committed refused-expired refused-min-healthy refused-no-reservation refused-old-epoch refused-stale-token take-over time'.split(
    ' ',
  );
const STATES_MAX = 200_000;

const seen = new Set<string>();

describe('nothing goes wrong in any interleaving of', () => {
  it.each(Object.entries<Scope>(SCOPES))('%s', (name, scope) => {
    const found = explore(fleetModel(SOURCE, scope), STATES_MAX);
    const { states, transitions, depth, labels, counterexample } = found;
    console.log(`${name}: ${states} states, ${transitions} transitions, at most ${depth} steps to one`);
    for (const label of labels) seen.add(label);
    expect(counterexample === null ? '' : traceOf(name, found)).toBe('');
    expect(states).toBeGreaterThan(1_000);
  });

  it('all steps there are', () => {
    expect([...seen].sort()).toEqual(STEPS);
  });
});

describe('the search finds out', () => {
  it.each(MUTANTS)('$name', ({ name, machine, scope, flaw }) => {
    const found = explore(fleetModel(machine, SCOPES[scope]), STATES_MAX);
    console.log(traceOf(name, found));
    expect(found.counterexample?.flaw).toMatch(flaw);
  });
});

function traceOf(name: string, { states, counterexample }: Exploration<Fleet>): string {
  const steps = counterexample?.trace.map((step) => `\n  ${step}`).join('') ?? '';
  return `${name}: ${counterexample?.flaw ?? 'nothing'}, after ${states} states${steps}`;
}
