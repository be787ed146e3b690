/** One strategy through one scenario, with everything that happened if asked for. */
import { EVENT } from '../sim/calendar.ts';
import { planFleet } from '../sim/plan.ts';
import { drawScenario } from '../sim/scenario.ts';
import { runTrialOn } from '../sim/tiers.ts';
import { baselineContenders, type Contender, healerOf, ORACLE, packContender } from './contenders.ts';
import { TIER_WORDS } from './run-compare.ts';
import type { SimulatedStrategy, SimulateOptions, SimulateResult } from './run-types.ts';

const EVENT_NAMES = new Map<number, string>(Object.entries(EVENT).map(([name, code]) => [code, name]));

export async function runSimulate(options: SimulateOptions): Promise<SimulateResult> {
  const plan = planFleet(options.fleet);
  const scenario = drawScenario(plan, options.scenarioSeed);
  const contender = contenderOf(options.strategy);
  const trace: Record<string, unknown>[] = [];
  const result = runTrialOn(
    options.tier,
    plan,
    scenario,
    healerOf(contender),
    options.traced
      ? {
          // A signal is reused by the next window, so it is copied.
          onInput: (input, actions) => trace.push({ type: 'input', input: structuredClone(input), actions }),
          onEvent: ({ timeS, code, subject }) =>
            trace.push({ type: 'event', atMs: Math.round(timeS * 1000), event: EVENT_NAMES.get(code), subject }),
        }
      : {},
  );
  const recoveries = result.timeToRecoverS.toSorted((a, b) => a - b);
  return {
    fleet: options.fleet.name,
    strategy: contender.name,
    tier: TIER_WORDS[options.tier],
    scenarioSeed: options.scenarioSeed,
    lostUserMinutes: result.lostUserMinutes,
    availability: result.availability,
    timeToRecoverS: {
      mean: recoveries.length === 0 ? null : recoveries.reduce((sum, value) => sum + value, 0) / recoveries.length,
      p95: recoveries.length === 0 ? null : recoveries[Math.ceil(0.95 * recoveries.length) - 1]!,
    },
    actions: result.actions,
    collateral: result.collateral,
    messages: result.messages,
    replicaHours: result.replicaHours,
    unrecovered: result.unrecovered,
    incidents: scenario.incidents.map((incident, i) => ({
      kind: incident.kind,
      service: plan.roster.services[incident.service]!.id,
      atS: incident.onsetS,
      servingAtS: incident.onsetS + result.timeToServeS[i]!,
      recoveredAtS: result.recovered[i] ? incident.onsetS + result.timeToRecoverS[i]! : null,
    })),
    trace,
  };
}

export function contenderOf(strategy: SimulatedStrategy): Contender {
  if (strategy.kind === 'oracle') return ORACLE;
  if (strategy.kind === 'baseline') return baselineContenders([strategy.name])[0]!;
  return packContender(strategy.pack, strategy.pack.name, strategy.level);
}
