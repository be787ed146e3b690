/**
 * Who leaves the published retry storm (edge.ts), and when: every baseline, the shipped champions and the oracle, on a station whose
 * capacity is cut by 80 % for 10 s. The same workers are four replicas here, and two more may be started, so that there is
 * something to restart, to take out and to scale.
 */
import { expandSeed } from '../../sim/random.ts';
import { drawIncident, type Incident, type ScenarioSpec } from '../../sim/scenario.ts';
import { runTrialOn, type SimulationTier } from '../../sim/tiers.ts';
import { baselineContenders, type Contender, healerOf, ORACLE } from '../../src/contenders.ts';
import { packGenome } from '../../strategies/pack.ts';
import { shipped, TABLE_FLEETS } from '../table.ts';
import { FITTED, planWith } from './edge.ts';

const REPLICAS = 4;
const ONSET_S = 30;
const HORIZON_S = 300;
/** Who still loses users in the last seconds has not left. */
const LAST_S = 30;
/** A little less capacity than the edge has, so that chance does not decide. */
const MARGIN = 0.97;
const NEVER = 1e6;

export interface Leaving {
  readonly tier: SimulationTier;
  readonly capacityPerS: number;
  /** Seconds from the return of the capacity until no more than 5 % of users are lost, for good; null for who never leaves. */
  readonly strategies: readonly {
    readonly name: string;
    readonly leftAfterS: number | null;
    readonly actions: number;
  }[];
}

export function leaving(tier: SimulationTier, edgePerS: number): Leaving {
  const capacityPerS = MARGIN * edgePerS;
  const plan = planWith(capacityPerS, REPLICAS);
  const scenario = storm(plan);
  const packs = [...TABLE_FLEETS, 'default'].map(
    (name): Contender => ({
      kind: 'pack',
      name: name === 'default' ? 'default champion' : `champion of ${name}`,
      genome: packGenome(shipped(name)),
    }),
  );
  const strategies = [...baselineContenders(), ...packs, ORACLE].map((contender) => {
    const result = runTrialOn(tier, plan, scenario, healerOf(contender));
    const lastLossS = result.timeToServeS[WATCH]!;
    const returnedS = ONSET_S + FITTED.lastedS;
    const isDown = returnedS + lastLossS > HORIZON_S - LAST_S;
    return { name: contender.name, leftAfterS: isDown ? null : lastLossS, actions: result.actions };
  });
  return { tier, capacityPerS, strategies };
}

/** Place of the incident that changes nothing and never ends, so that losses are noted as long as there are any. */
const WATCH = 1;

function storm(plan: ReturnType<typeof planWith>): ScenarioSpec {
  const drawn = drawIncident(plan, expandSeed('leaving'), 0, ONSET_S, 'slow');
  const nobodyCame = { noticeAfterS: NEVER, answerAfterS: NEVER, repairAfterS: NEVER };
  const cut: Incident = {
    ...drawn,
    ...nobodyCame,
    service: 1,
    strikes: Array.from({ length: REPLICAS }, (_, replica) => ({ slot: plan.slotStart[1]! + replica, how: 'slow' })),
    severity: 1 / (1 - FITTED.cut),
    passesAfterS: FITTED.lastedS,
  };
  const watch: Incident = {
    ...drawn,
    ...nobodyCame,
    kind: 'overload',
    onsetS: ONSET_S + FITTED.lastedS,
    service: 0,
    strikes: [],
    severity: 1,
    passesAfterS: -1,
  };
  const load = [{ atS: 0, factor: 1 }];
  return { seed: 'leaving', horizonS: HORIZON_S, incidents: [cut, watch], operations: [], load };
}
