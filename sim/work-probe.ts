/**
 * A probe that does a service's own work, as the runtime's `performance` probes do: what it meets at a replica that nobody calls. Failing
 * shares and times follow from the state of the fleet alone, on both tiers alike: queues at what other callers share are left out.
 */
import type { ReplicaReading } from '../strategies/contract.ts';
import { isReachable } from './derive.ts';
import { geometric } from './fluid/retries.ts';
import { NOBODY, PHASE, ROUTE, type World } from './world.ts';

/** As long as any other probe waits, and lost as often. */
const TIMEOUT_S = 1;
const PROBE_LOST = 0.0005;

export interface WorkProbe {
  /** The moment the rest holds for, seconds. */
  atS: number;
  /** Per service: the chance that all calls to its dependencies go well, and how long they take, seconds. */
  readonly callsFine: Float64Array;
  readonly callsS: Float64Array;
  /** Per service: the chance that a call to it is answered well, and how long that takes. */
  readonly fine: Float64Array;
  readonly tookS: Float64Array;
}

export function createWorkProbe(services: number): WorkProbe {
  const perService = (): Float64Array => new Float64Array(services);
  return { atS: Number.NaN, callsFine: perService(), callsS: perService(), fine: perService(), tookS: perService() };
}

/** One look at a replica stands in for the calls that did not come. A process that is dead or boots is not looked at. */
export function probeReplica(probe: WorkProbe, world: World, slot: number, atS: number, reading: ReplicaReading): void {
  if (world.phase[slot] !== PHASE.up) return;
  const { stream, plan } = world;
  const service = plan.slotService[slot]!;
  follow(probe, world, atS);
  const answers = world.hangBy[slot] === NOBODY && isReachable(world, slot);
  const fine = answers ? (1 - world.errorShare[slot]!) * probe.callsFine[service]! : 0;
  const isRight = stream.uniform() < fine * (1 - PROBE_LOST);
  const spread = Math.log1p(plan.serviceCv[service]! ** 2);
  const tookS = ownS(world, slot) * stream.lognormal(Math.exp(-spread / 2), Math.sqrt(spread)) + probe.callsS[service]!;
  const isFine = isRight && tookS <= TIMEOUT_S;
  reading.calls = 1;
  reading.failed = isFine ? 0 : 1;
  reading.p50Ms = isFine ? 1000 * tookS : Number.NaN;
  reading.p95Ms = reading.p50Ms;
}

/** Share of a service's attempts over an edge that fail when only probes make them: of one attempt, so all or none. */
export function probeDependency(probe: WorkProbe, world: World, edge: number, atS: number): number {
  follow(probe, world, atS);
  return world.stream.uniform() < world.admit[world.plan.edgeTo[edge]!]! * attemptFine(probe, world, edge) ? 0 : 1;
}

/** Callees before callers. */
function follow(probe: WorkProbe, world: World, atS: number): void {
  if (probe.atS === atS) return;
  probe.atS = atS;
  const { plan } = world;
  for (let at = plan.services - 1; at >= 0; at -= 1) {
    const service = plan.order[at]!;
    let callsFine = 1;
    let callsS = 0;
    for (let e = plan.edgeStart[service]!; e < plan.edgeStart[service + 1]!; e += 1) {
      if (plan.edgeOptional[e] === 0) callsFine *= edgeFine(probe, world, e) ** plan.edgeCalls[e]!;
      callsS += plan.edgeCalls[e]! * edgeS(probe, world, e);
    }
    probe.callsFine[service] = callsFine;
    probe.callsS[service] = callsS;
    followReplicas(probe, world, service);
  }
}

/** The service as the balancer spreads calls over its replicas. */
function followReplicas(probe: WorkProbe, world: World, service: number): void {
  const { plan } = world;
  let listed = 0;
  let fine = 0;
  let serving = 0;
  let tookS = 0;
  let hangs = 0;
  for (let slot = plan.slotStart[service]!; slot < plan.slotStart[service + 1]!; slot += 1) {
    if (world.route[slot] === ROUTE.none) continue;
    listed += 1;
    if (world.route[slot] === ROUTE.swallow) hangs += 1;
    if (world.route[slot] !== ROUTE.serve) continue;
    serving += 1;
    fine += 1 - world.errorShare[slot]!;
    tookS += ownS(world, slot);
  }
  probe.fine[service] = listed === 0 ? 0 : (fine / listed) * probe.callsFine[service]!;
  // Whom nobody answers for keeps callers waiting if it hangs, and fails at once if it is not there.
  probe.tookS[service] =
    serving > 0 ? tookS / serving + probe.callsS[service]! : hangs > 0 ? Number.POSITIVE_INFINITY : 0;
}

function edgeFine(probe: WorkProbe, world: World, edge: number): number {
  const to = world.plan.edgeTo[edge]!;
  if (world.fallback[to] === 1) return 1;
  // What a circuit refuses is not tried again.
  return world.admit[to]! * attemptFine(probe, world, edge) * triesOf(probe, world, edge);
}

/** Chance that one attempt that is let through is answered well and in time. */
function attemptFine(probe: WorkProbe, world: World, edge: number): number {
  const { plan } = world;
  const to = plan.edgeTo[edge]!;
  if (world.fallback[to] === 1) return 1;
  return probe.tookS[to]! > plan.edgeTimeoutS[edge]! ? 0 : (1 - world.edgeFails[edge]!) * probe.fine[to]!;
}

/** Attempts that one call takes on average until it is answered or given up; its retries stay within their budget. */
function triesOf(probe: WorkProbe, world: World, edge: number): number {
  const { edgeAttempts, edgeBudget } = world.plan;
  const fails = 1 - attemptFine(probe, world, edge);
  return Math.min(geometric(fails, edgeAttempts[edge]!), 1 + edgeBudget[edge]!);
}

/** Seconds that a call over an edge takes; nobody waits for an attempt beyond its time limit. */
function edgeS(probe: WorkProbe, world: World, edge: number): number {
  const { plan } = world;
  const to = plan.edgeTo[edge]!;
  if (world.fallback[to] === 1 || world.admit[to] === 0) return 0;
  return Math.min(probe.tookS[to]!, plan.edgeTimeoutS[edge]!) * triesOf(probe, world, edge);
}

const ownS = (world: World, slot: number): number =>
  1 / (world.plan.rate[world.plan.slotService[slot]!]! * world.speed[slot]!);
