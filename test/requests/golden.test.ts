/** What tier 2 gives for a fixed scenario of every shipped fleet, as a digest: whoever changes it means to. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { drawIncident, drawScenario } from '../../sim/scenario.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { untunedRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import { decode } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { baseline } from '../sim/harness.ts';

const GOLDEN: Readonly<Record<string, string>> = {
  'online-boutique': 'cfdfd798fa99802a',
  'otel-demo': 'abb4b835ab8bb256',
  teastore: 'c6b259293c251fe7',
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
    // With the numbers it had before any tuning: these stay.
    const runbook = strategyHealer('runbook', decode(untunedRunbookGenome));
    for (const healer of [baseline('kubernetes'), runbook]) {
      const onInput = (input: unknown, actions: unknown): void => note([input, actions]);
      // Nobody here sends messages, and results of old had no count of them.
      const { messages: _, ...result } = runRequestTrial(plan, scenario, healer, { onInput });
      note(result);
    }
    expect(hash.digest('hex').slice(0, 16)).toBe(GOLDEN[name]);
  });
});
