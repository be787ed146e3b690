/**
 * What a healer is told: sampled counts, latencies and probes of a window, never the true state. Noise is keyed by (seed,
 * service, window start), so all strategies that look at the same moment are misled alike.
 */
import type { ReplicaReading, Signal } from '../strategies/contract.ts';
import { memoryShare } from './derive.ts';
import type { Flow } from './fluid/flow.ts';
import { gammaQuantile, gammaWithin } from './fluid/tails.ts';
import type { FleetPlan } from './plan.ts';
import { PURPOSES } from './random.ts';
import { createWorkProbe, probeDependency, probeReplica, type WorkProbe } from './work-probe.ts';
import { NOBODY, PHASE, type World } from './world.ts';

/** A probe is one request with this deadline (Kubernetes timeoutSeconds 1). */
const PROBE_TIMEOUT_S = 1;
/** A probe goes astray with nothing wrong (lost packet, busy prober). */
const PROBE_LOST = 0.0005;
const P95 = 1.6449;

export interface Sensors {
  readonly processesOnly: boolean;
  readonly signals: readonly Signal[];
  /** Integrals at the end of each service's last window. */
  readonly seenCalls: Float64Array;
  readonly seenFailed: Float64Array;
  readonly seenEdge: Float64Array;
  readonly seenEdgeFailed: Float64Array;
  /** Worker-microseconds at the end of the last window; tier 2 only. */
  readonly seenBusyUs: Float64Array;
  /** Quantiles of the response times each slot had when it was last read, seconds: they seldom change between windows. */
  readonly readMean: Float64Array;
  readonly readVariance: Float64Array;
  readonly p50S: Float64Array;
  readonly p95S: Float64Array;
  readonly workProbe: WorkProbe;
}

/** For a healer that looks at processes only, everything else stays unmeasured: most of the work of a window. */
export function createSensors(plan: FleetPlan, processesOnly: boolean): Sensors {
  return {
    processesOnly,
    signals: plan.roster.services.map((entry, service) => ({
      kind: 'signal',
      atMs: 0,
      service,
      windowMs: 0,
      replicas: Array.from({ length: entry.replicasMax }, () => emptyReading(processesOnly ? Number.NaN : 0.5)),
      deployAgeS: 0,
      configAgeS: 0,
      configDiffers: 0,
      dependencyFailed: Array.from(
        { length: plan.edgeStart[service + 1]! - plan.edgeStart[service]! },
        () => Number.NaN,
      ),
    })),
    seenCalls: new Float64Array(plan.slots),
    seenFailed: new Float64Array(plan.slots),
    seenEdge: new Float64Array(plan.edges),
    seenEdgeFailed: new Float64Array(plan.edges),
    seenBusyUs: new Float64Array(plan.slots),
    readMean: new Float64Array(plan.slots),
    readVariance: new Float64Array(plan.slots),
    p50S: new Float64Array(plan.slots),
    p95S: new Float64Array(plan.slots),
    workProbe: createWorkProbe(plan.services),
  };
}

/**
 * Measures one service's window that ends `aheadS` seconds into the current step. The signal is reused by the next window: a
 * healer copies what it wants to keep.
 */
export function measure(
  sensors: Sensors,
  flow: Flow,
  world: World,
  service: number,
  atS: number,
  windowS: number,
  aheadS: number,
): Signal {
  const { plan } = flow;
  const signal = startSignal(sensors, world, service, atS, windowS);
  const first = plan.slotStart[service]!;
  const last = plan.slotStart[service + 1]!;
  for (let slot = first; slot < last; slot += 1) {
    // The probe queues at the replica like any call, but needs no dependency.
    const inTime = gammaWithin(PROBE_TIMEOUT_S, flow.ownMean[slot]!, flow.ownVariance[slot]!);
    readProcess(world, slot, atS, inTime * bounded(2 * flow.accept[slot]!), signal.replicas[slot - first]!);
  }
  if (sensors.processesOnly) return signal;
  for (let slot = first; slot < last; slot += 1) {
    if (world.phase[slot] !== PHASE.absent)
      readCalls(sensors, flow, world, slot, aheadS, signal.replicas[slot - first]!);
  }
  for (let e = plan.edgeStart[service]!, i = 0; e < plan.edgeStart[service + 1]!; e += 1, i += 1) {
    const done = flow.edgeDone[e]! + flow.edgeAttempts[e]! * aheadS;
    const failed = flow.edgeDoneFailed[e]! + flow.edgeAttempts[e]! * flow.edgeFailed[e]! * aheadS;
    const calls = done - sensors.seenEdge[e]!;
    const expected = failed - sensors.seenEdgeFailed[e]!;
    signal.dependencyFailed[i] = calls < 0.5 ? Number.NaN : bounded(world.stream.poisson(positive(expected)) / calls);
    sensors.seenEdge[e] = done;
    sensors.seenEdgeFailed[e] = failed;
  }
  probeWork(sensors, world, service, atS, signal);
  return signal;
}

/** Where a service has a probe of its own work, what that meets stands in for the calls that did not come. */
export function probeWork({ workProbe }: Sensors, world: World, service: number, atS: number, signal: Signal): void {
  const { plan } = world;
  if (!plan.fleet.services[service]!.performanceProbe) return;
  for (const [replica, reading] of signal.replicas.entries()) {
    if (reading.calls === 0) probeReplica(workProbe, world, plan.slotStart[service]! + replica, atS, reading);
  }
  const first = plan.edgeStart[service]!;
  for (let e = first; e < plan.edgeStart[service + 1]!; e += 1) {
    if (Number.isNaN(signal.dependencyFailed[e - first]))
      signal.dependencyFailed[e - first] = probeDependency(workProbe, world, e, atS);
  }
}

/** The service's signal with what is the same on both tiers, and the noise of the window at its start. */
export function startSignal(sensors: Sensors, world: World, service: number, atS: number, windowS: number): Signal {
  const signal = sensors.signals[service]!;
  signal.atMs = Math.round(atS * 1000);
  signal.windowMs = windowS * 1000;
  signal.deployAgeS = atS - world.deployedS[service]!;
  signal.configAgeS = atS - world.configChangedS[service]!;
  signal.configDiffers = world.configDiffers[service]!;
  world.stream.key(world.key, PURPOSES.noise, service, signal.atMs - signal.windowMs);
  return signal;
}

/**
 * What the platform knows of a process: whether it runs, answers its probe (with chance `probed`, when it can answer at all) and
 * is in the balancer's list, and its memory.
 */
export function readProcess(world: World, slot: number, atS: number, probed: number, reading: ReplicaReading): void {
  const { stream } = world;
  const phase = world.phase[slot]!;
  if (phase === PHASE.absent) {
    if (reading.present !== 0) clear(reading);
    return;
  }
  const running = phase === PHASE.up;
  const answers = running && world.hangBy[slot] === NOBODY;
  reading.present = 1;
  reading.inRotation = world.listed[slot] === 1 && world.ejected[slot] === 0 ? 1 : 0;
  reading.ready = answers && world.listed[slot] === 1 ? 1 : 0;
  reading.exitCode = phase === PHASE.dead ? world.exitCode[slot]! : Number.NaN;
  reading.uptimeS = phase === PHASE.dead ? Number.NaN : atS - world.startedS[slot]!;
  if (!answers) {
    reading.live = running || phase === PHASE.dead ? 0 : Number.NaN;
    reading.memory = running ? memoryShare(world, slot) : Number.NaN;
    return;
  }
  reading.live = stream.uniform() < probed * (1 - PROBE_LOST) ? 1 : 0;
  reading.memory = bounded(memoryShare(world, slot) + 0.008 * stream.roughNormal());
}

/** What the gateway and the process's own metrics say: calls of the window, response times, how busy it is. */
function readCalls(
  sensors: Sensors,
  flow: Flow,
  world: World,
  slot: number,
  aheadS: number,
  reading: ReplicaReading,
): void {
  const { stream } = world;
  const arrivals = flow.slotArrivals[slot]!;
  const done = flow.callsDone[slot]! + arrivals * aheadS;
  const failed = flow.callsFailed[slot]! + arrivals * flow.slotFailed[slot]! * aheadS;
  const expected = positive(done - sensors.seenCalls[slot]!);
  const failing = positive(failed - sensors.seenFailed[slot]!);
  const expectedFailed = failing < expected ? failing : expected;
  sensors.seenCalls[slot] = done;
  sensors.seenFailed[slot] = failed;

  const failedCount = stream.poisson(expectedFailed);
  const fineCount = stream.poisson(expected - expectedFailed);
  reading.calls = failedCount + fineCount;
  reading.failed = failedCount;
  if (world.phase[slot] !== PHASE.up || world.hangBy[slot] !== NOBODY) {
    reading.p50Ms = Number.NaN;
    reading.p95Ms = Number.NaN;
  } else if (fineCount > 0) {
    const blur = 1 / Math.sqrt(fineCount);
    findQuantiles(sensors, slot, flow.responseMean[slot]!, flow.responseVariance[slot]!);
    reading.p50Ms = 1000 * sensors.p50S[slot]! * blurred(blur * stream.roughNormal());
    reading.p95Ms = 1000 * sensors.p95S[slot]! * blurred(1.5 * blur * stream.roughNormal());
  } else {
    reading.p50Ms = Number.NaN;
    reading.p95Ms = Number.NaN;
  }
  readMetrics(world, slot, flow.busyShare[slot]!, flow.queueShare[slot]!, reading);
}

/** The process's own metrics, given how busy it is and how full its queue; a hung one idles. */
export function readMetrics(world: World, slot: number, busy: number, queue: number, reading: ReplicaReading): void {
  const { stream } = world;
  const runs = world.phase[slot] === PHASE.up;
  if (runs && world.hangBy[slot] === NOBODY) reading.cpu = bounded(busy + 0.02 * stream.roughNormal());
  else reading.cpu = runs ? positive(0.03 + 0.01 * stream.roughNormal()) : Number.NaN;
  reading.queue = runs ? queue : Number.NaN;
}

function findQuantiles(sensors: Sensors, slot: number, mean: number, variance: number): void {
  if (sensors.readMean[slot] === mean && sensors.readVariance[slot] === variance) return;
  sensors.readMean[slot] = mean;
  sensors.readVariance[slot] = variance;
  sensors.p50S[slot] = gammaQuantile(0, mean, variance);
  sensors.p95S[slot] = gammaQuantile(P95, mean, variance);
}

function bounded(share: number): number {
  return share > 0 ? (share < 1 ? share : 1) : 0;
}

// Comparisons and not `Math.max`, which costs a multiple of them for the sake of NaN and -0.
function positive(value: number): number {
  return value > 0 ? value : 0;
}

/** A response time is never measured at less than three tenths of what it is. */
function blurred(noise: number): number {
  return 1 + noise > 0.3 ? 1 + noise : 0.3;
}

/** `calls` is a fraction or no number, so that the field holds fractions from the start. */
function emptyReading(calls: number): ReplicaReading {
  return {
    present: 0,
    live: Number.NaN,
    ready: 0,
    inRotation: 0,
    calls,
    failed: calls,
    p50Ms: Number.NaN,
    p95Ms: Number.NaN,
    cpu: Number.NaN,
    memory: Number.NaN,
    queue: Number.NaN,
    exitCode: Number.NaN,
    uptimeS: Number.NaN,
  };
}

function clear(reading: ReplicaReading): void {
  const calls = Number.isNaN(reading.calls) ? Number.NaN : 0;
  Object.assign(reading, emptyReading(calls));
}
