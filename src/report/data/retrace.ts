/** One strategy through one scenario once more, watched: what failed, when it was noticed, what was done, how users fared. */
import { type FleetPlan, planFleet } from '../../../sim/plan.ts';
import { drawScenario, type Incident } from '../../../sim/scenario.ts';
import type { TrialResult } from '../../../sim/score.ts';
import type { FleetSpec } from '../../../sim/spec.ts';
import { runTrialOn, type SimulationTier } from '../../../sim/tiers.ts';
import type { Action, Healer, HealInput } from '../../../strategies/contract.ts';
import { type FleetMemory, LONG_AGO } from '../../../strategies/memory.ts';
import { type Contender, healerOf, RUNBOOK } from '../../contenders.ts';

/** Users are counted in slices of this length. */
export const SLICE_S = 10;

export interface Retraced {
  readonly strategy: string;
  readonly result: TrialResult;
  readonly incidents: readonly RetracedIncident[];
  readonly actions: readonly RetracedAction[];
  /** Share of users served well in each slice. */
  readonly availability: readonly number[];
}

export interface RetracedIncident {
  readonly kind: string;
  /** Struck services, the one it is about first. */
  readonly services: readonly string[];
  readonly atS: number;
  /** When the healer first took one of them for unwell, or acted on it; null when it never did. */
  readonly noticedS: number | null;
  /** When the cause was gone and the state right; null when it was still there at the end. */
  readonly recoveredS: number | null;
}

export interface RetracedAction {
  readonly atS: number;
  readonly action: Action;
  readonly service: string;
  /** Ends a measure taken before; not counted as an action. */
  readonly isTakeBack: boolean;
}

export function retrace(tier: SimulationTier, fleet: FleetSpec, contender: Contender, scenarioName: string): Retraced {
  const plan = planFleet(fleet);
  const scenario = drawScenario(plan, scenarioName);
  const struck = scenario.incidents.map((incident) => struckServices(plan, incident));
  const noticed = scenario.incidents.map((): number | null => null);
  const actions: RetracedAction[] = [];
  const users = { atS: [0], done: [0], lost: [0] };
  let memory: unknown;
  const healer = healerOf(contender);
  const watched: Healer = { ...healer, start: (roster) => (memory = healer.start(roster)) };
  const note = (service: number, atS: number): void =>
    scenario.incidents.forEach(({ onsetS }, i) => {
      if (noticed[i] === null && atS >= onsetS && struck[i]!.includes(service)) noticed[i] = atS;
    });
  const result = runTrialOn(tier, plan, scenario, watched, {
    onInput: (input, taken) => {
      if (input.kind === 'signal' && takesForUnwell(contender, memory, input)) note(input.service, input.atMs / 1000);
      for (const action of taken) {
        const isTakeBack = takesBack(action);
        if (!isTakeBack) note(action.service, input.atMs / 1000);
        actions.push({ atS: input.atMs / 1000, action, service: nameOf(plan, action.service), isTakeBack });
      }
    },
    onUsers: (timeS, { usersDone, usersLost }) => {
      users.atS.push(timeS);
      users.done.push(sum(usersDone));
      users.lost.push(sum(usersLost));
    },
  });
  return {
    strategy: contender.name,
    result,
    actions,
    incidents: scenario.incidents.map(({ kind, onsetS }, i) => ({
      kind,
      services: struck[i]!.map((service) => nameOf(plan, service)),
      atS: onsetS,
      noticedS: noticed[i]!,
      recoveredS: result.recovered[i] ? onsetS + result.timeToRecoverS[i]! : null,
    })),
    availability: slices(users, scenario.horizonS),
  };
}

/** The incident's own service first, then whatever else it struck: other replicas' services, those with a replica on the host. */
function struckServices(plan: FleetPlan, { service, host, strikes }: Incident): readonly number[] {
  const onHost = host < 0 ? [] : [...plan.slotHost.keys()].filter((slot) => plan.slotHost[slot] === host);
  const slots = [...strikes.map(({ slot }) => slot), ...onHost];
  return [...new Set([service, ...slots.map((slot) => plan.slotService[slot]!)])];
}

/** Only strategies keep a picture of health; of other healers no more is known than what they do. */
function takesForUnwell(
  contender: Contender,
  memory: unknown,
  { service }: Extract<HealInput, { kind: 'signal' }>,
): boolean {
  if (contender.kind !== 'pack' && contender.name !== RUNBOOK) return false;
  return (memory as FleetMemory).services[service]!.episode.startedAtMs !== LONG_AGO;
}

function takesBack(action: Action): boolean {
  switch (action.kind) {
    case 'circuit-break':
      return action.admit > 0;
    case 'reroute':
      return !action.out;
    case 'fallback':
      return !action.on;
    default:
      return false;
  }
}

interface Users {
  readonly atS: readonly number[];
  readonly done: readonly number[];
  readonly lost: readonly number[];
}

/** Between two counts users come, and are lost, at a constant rate. */
function slices(users: Users, horizonS: number): number[] {
  const count = Math.ceil(horizonS / SLICE_S);
  const at = (row: readonly number[], timeS: number, next: number): number => {
    const before = Math.max(0, next - 1);
    const spanS = users.atS[next]! - users.atS[before]!;
    const part = spanS > 0 ? (timeS - users.atS[before]!) / spanS : 1;
    return row[before]! + part * (row[next]! - row[before]!);
  };
  const shares: number[] = [];
  let next = 0;
  let done = 0;
  let lost = 0;
  for (let slice = 1; slice <= count; slice += 1) {
    const timeS = Math.min(slice * SLICE_S, users.atS.at(-1)!);
    while (next < users.atS.length - 1 && users.atS[next]! < timeS) next += 1;
    const [doneNow, lostNow] = [at(users.done, timeS, next), at(users.lost, timeS, next)];
    shares.push(doneNow > done ? Math.min(1, Math.max(0, 1 - (lostNow - lost) / (doneNow - done))) : 1);
    done = doneNow;
    lost = lostNow;
  }
  return shares;
}

const nameOf = (plan: FleetPlan, service: number): string => plan.roster.services[service]!.id;
const sum = (row: Float64Array): number => row.reduce((total, value) => total + value, 0);
