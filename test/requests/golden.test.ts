/** What tier 2 gives for a fixed scenario of every shipped fleet, as a digest: whoever changes it means to. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { drawIncident, drawScenario } from '../../sim/scenario.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { baseline } from '../sim/harness.ts';

const GOLDEN: Readonly<Record<string, string>> = {
  'online-boutique': 'f1e74bb1aba9cb2f',
  'otel-demo': '9c984957b21e4342',
  teastore: '856340609e8d6b71',
};

describe('a request-level trial', () => {
  it('has a digest for every shipped fleet', () => {
    expect(Object.keys(GOLDEN).toSorted()).toEqual([...shippedFleets()].toSorted());
  });

  it.each(shippedFleets())('on %s gives the results and signals of the golden digest', (name) => {
    const plan = planFleet(loadFleet(name).fleet);
    const key = expandSeed('golden');
    const incidents = (['hang', 'bad-deploy'] as const).map((kind, i) => drawIncident(plan, key, i, 20 + 30 * i, kind));
    const scenario = { ...drawScenario(plan, 'golden', 150), incidents };
    const hash = createHash('sha256');
    // Logarithms may differ in the last digits between engines.
    const note = (value: unknown): void => {
      hash.update(
        JSON.stringify(value, (_, field) => (typeof field === 'number' ? Number(field.toPrecision(9)) : field)),
      );
    };
    for (const healer of ['kubernetes', 'sre-runbook']) {
      const onInput = (input: unknown, actions: unknown): void => note([input, actions]);
      // Nobody here sends messages, and results of old had no count of them.
      const { messages: _, ...result } = runRequestTrial(plan, scenario, baseline(healer), { onInput });
      note(result);
    }
    expect(hash.digest('hex').slice(0, 16)).toBe(GOLDEN[name]);
  });
});
