import { describe, expect, it } from 'vitest';
import { USUAL_NETWORK } from '../../sim/agents.ts';
import { planFleet } from '../../sim/plan.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { loadFleet } from '../../src/fleets.ts';
import type { Healer } from '../../strategies/contract.ts';
import type { Envelope } from '../../strategies/coordinate/messages.ts';
import { BAD_NETWORKS, noting, throughJson, together, traced } from '../sim/agents-harness.ts';
import { incidentOf, scenarioOf } from '../sim/harness.ts';

const plan = planFleet(loadFleet('teastore').fleet);
/** A host is short of something from 60 s on. */
const TROUBLED = scenarioOf([incidentOf(plan, 'resource-exhaustion', { severity: 0.8 }, 'agents', 60)], 150);

const run = (healer: Healer, network = USUAL_NETWORK): string =>
  traced((onInput) => runRequestTrial(plan, TROUBLED, healer, { network, onInput }));

describe('a coordinated trial of single requests', () => {
  it('gives the same for the same seed, bit for bit, with one healer for all, and when its memory goes through JSON', {
    timeout: 180_000,
  }, () => {
    const one = together() as Healer;
    const first = run(one);
    expect(run(one)).toBe(first);
    expect(run(throughJson(together()))).toBe(first);
  });

  it('has agents that talk about the trouble', () => {
    const letters: Envelope[] = [];
    const result = runRequestTrial(plan, TROUBLED, noting(together(), letters) as Healer);
    expect(result.messages).toBe(letters.length);
    const kinds = new Set(letters.map(({ body }) => body.kind));
    for (const kind of ['evidence', 'escalation', 'diagnose', 'diagnosis'] as const)
      expect(kinds, kind).toContain(kind);
  });

  it.each(BAD_NETWORKS)('holds its books on a network %s', (_, network) => {
    const result = runRequestTrial(plan, TROUBLED, together() as Healer, { network });
    expect(result.requests).toBeGreaterThan(1000);
    expect(result.availability).toBeGreaterThan(0);
  });
});
