/** Which hour is shown: by a rule, never by hand. */
import { scenarioSeed } from '../../sim/scenario.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { baselineContenders, type Contender, packContender } from '../../src/contenders.ts';
import { loadFleet } from '../../src/fleets.ts';
import { runTrials } from '../../src/run-trials.ts';
import { bestBaseline, proofOf, shipped } from '../table.ts';

export const FLEET = 'online-boutique';

export interface Cast {
  readonly fleet: FleetSpec;
  /** Champion, best baseline, doing nothing. */
  readonly contenders: readonly [Contender, Contender, Contender];
  readonly scenarios: readonly string[];
}

/** The fleet of the README's first row, with the pack bred for it, and the test set on which that pack was proved. */
export function cast(): Cast {
  const pack = shipped(FLEET);
  const proof = proofOf(pack, FLEET);
  const rival = bestBaseline(proof);
  const [best, nothing] = [baselineContenders([rival.name])[0]!, baselineContenders(['nothing'])[0]!];
  return {
    fleet: loadFleet(FLEET).fleet,
    contenders: [packContender(pack, 'healix'), best, nothing],
    scenarios: Array.from({ length: proof.scenarios }, (_, index) => scenarioSeed(proof.seed, 'test', index)),
  };
}

/**
 * The median hour: half of the scenarios of the test set have a smaller lead of the champion over the best baseline (or none), half a
 * larger one. The lower of the two in the middle.
 */
export async function medianHour({ fleet, contenders, scenarios }: Cast, threads: number): Promise<string> {
  const [champion, rival] = contenders;
  const jobs = [champion, rival].map((contender) => ({
    tier: 'fluid' as const,
    fleet,
    contender,
    scenarios: [...scenarios],
  }));
  const [own, other] = (await runTrials(jobs, { threads })).map((row) =>
    row.map(({ lostUserMinutes }) => lostUserMinutes),
  );
  const leads = scenarios.map((scenario, at) => ({ scenario, lead: other![at]! - own![at]! }));
  leads.sort((a, b) => a.lead - b.lead);
  return leads[Math.ceil(leads.length / 2) - 1]!.scenario;
}
