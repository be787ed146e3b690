/** A schedule of the real fleet as a scenario of the simulator: the same faults on the same services at the same moments. Pure. */
import type { FaultKind } from '../../sim/faults.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import type { Incident, ScenarioSpec } from '../../sim/scenario.ts';
import { FAILING_SHARE, SLOW_MS } from '../../src/demo/faults.ts';
import { DEMO_SERVICES } from '../../src/demo/fleet.ts';
import { unreachable } from '../../strategies/contract.ts';
import { PEOPLE_AFTER_MS, type PlannedFault, type StruckKind } from './schedule.ts';

/** A page brings nobody sooner than people come anyway. */
const NEVER_S = 1e9;
/** Curable by a restart, as they all are here: the simulator's stubborn ones begin above. */
const CURABLE = 0.5;
/** A process, not its host; one replica, not all. */
const OF_THE_PROCESS = 0.5;
/** A release that answers with errors. */
const FAILS = 0.2;
const BAD_RELEASE_SHARE = 0.9;
/**
 * Hours from empty to the limit, for a leak that reaches it in about half a minute. The real one takes 8 s; but the simulator's leak is
 * in the release, so a faster one would kill the process that a restart brings, too, before people come.
 */
const LEAK_HOURS = 0.05;

/** `seed` names the noise, not the faults. */
export function twinOf(
  plan: FleetPlan,
  schedule: readonly PlannedFault[],
  lengthMs: number,
  seed: string,
): ScenarioSpec {
  return {
    seed,
    horizonS: lengthMs / 1000,
    incidents: schedule.map((fault) => incidentOf(plan, fault)),
    operations: [],
    load: [{ atS: 0, factor: 1 }],
  };
}

function incidentOf(plan: FleetPlan, { kind, service: id, atMs }: PlannedFault): Incident {
  const service = plan.roster.services.findIndex((entry) => entry.id === id);
  const { workMs } = DEMO_SERVICES.find((one) => one.id === id)!;
  const likeness = likenessOf(kind, workMs);
  return {
    kind: likeness.kind,
    onsetS: atMs / 1000,
    service,
    edge: -1,
    host: -1,
    strikes: likeness.how === null ? [] : [{ slot: plan.slotStart[service]!, how: likeness.how }],
    severity: likeness.severity,
    variant: likeness.kind === 'bad-deploy' ? FAILS : OF_THE_PROCESS,
    passesAfterS: -1,
    noticeAfterS: PEOPLE_AFTER_MS / 1000,
    answerAfterS: NEVER_S,
    repairAfterS: 0,
  };
}

interface Likeness {
  readonly kind: FaultKind;
  readonly how: Incident['strikes'][number]['how'] | null;
  readonly severity: number;
}

function likenessOf(kind: StruckKind, workMs: number): Likeness {
  switch (kind) {
    case 'killed':
      return { kind: 'crash', how: 'crash', severity: CURABLE };
    case 'stopped':
    case 'waiting':
      return { kind: 'hang', how: 'hang', severity: CURABLE };
    case 'leaking':
      return { kind: 'memory-leak', how: null, severity: LEAK_HOURS };
    case 'slow':
      return { kind: 'slow', how: 'slow', severity: 1 + SLOW_MS / workMs };
    case 'failing':
      return { kind: 'error-burst', how: 'errors', severity: FAILING_SHARE };
    case 'bad-config':
      return { kind: 'config-drift', how: null, severity: 1 };
    case 'bad-release':
      return { kind: 'bad-deploy', how: null, severity: BAD_RELEASE_SHARE };
    default:
      return unreachable(kind);
  }
}
