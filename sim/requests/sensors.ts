/** What a healer is told on tier 2: what was really counted and timed in the window, with the same noise on probes and metrics. */
import type { ReplicaReading, Signal } from '../../strategies/contract.ts';
import { probeWork, readMetrics, readProcess, type Sensors, startSignal } from '../sensors.ts';
import { NOBODY, PHASE } from '../world.ts';
import { forgetSamples, quantile, sortSamples } from './samples.ts';
import { SECOND_US, type Traffic, touch } from './traffic.ts';

/** Measures one service's window, which ends now. The signal is reused by the next window. */
export function measureRequests(sensors: Sensors, traffic: Traffic, service: number, windowS: number): Signal {
  const { plan, world } = traffic;
  const signal = startSignal(sensors, world, service, world.timeS, windowS);
  const first = plan.slotStart[service]!;
  const last = plan.slotStart[service + 1]!;
  for (let slot = first; slot < last; slot += 1)
    readProcess(world, slot, world.timeS, probeChance(traffic, slot), signal.replicas[slot - first]!);
  if (sensors.processesOnly) return signal;
  for (let slot = first; slot < last; slot += 1) {
    if (world.phase[slot] !== PHASE.absent) readCalls(sensors, traffic, slot, windowS, signal.replicas[slot - first]!);
  }
  for (let e = plan.edgeStart[service]!, i = 0; e < plan.edgeStart[service + 1]!; e += 1, i += 1) {
    const calls = traffic.edgeCalls[e]! - sensors.seenEdge[e]!;
    const failed = traffic.edgeFailed[e]! - sensors.seenEdgeFailed[e]!;
    signal.dependencyFailed[i] = calls < 1 ? Number.NaN : Math.min(1, failed / calls);
    sensors.seenEdge[e] = traffic.edgeCalls[e]!;
    sensors.seenEdgeFailed[e] = traffic.edgeFailed[e]!;
  }
  probeWork(sensors, world, service, world.timeS, signal);
  return signal;
}

/** Share of probes that would be answered in a second: the queue ahead must be worked off by then, and there must be room. */
function probeChance(traffic: Traffic, slot: number): number {
  const { plan } = traffic;
  const service = plan.slotService[slot]!;
  const ahead = traffic.waiting[slot]! + traffic.busy[slot]!;
  if (ahead >= plan.tables[service]!.places) return 0;
  const workers = plan.workers[service]!;
  const waitS = Math.max(0, ahead + 1 - workers) / (workers * plan.rate[service]! * traffic.speed[slot]!);
  return waitS < 1 ? 1 : 0;
}

function readCalls(sensors: Sensors, traffic: Traffic, slot: number, windowS: number, reading: ReplicaReading): void {
  const { plan, world, responses } = traffic;
  const service = plan.slotService[slot]!;
  // An attempt that times out in this window may have been sent in the last.
  const calls = traffic.slotCalls[slot]! - sensors.seenCalls[slot]!;
  const failed = Math.min(calls, traffic.slotFailed[slot]! - sensors.seenFailed[slot]!);
  sensors.seenCalls[slot] = traffic.slotCalls[slot]!;
  sensors.seenFailed[slot] = traffic.slotFailed[slot]!;
  reading.calls = calls;
  reading.failed = failed;
  touch(traffic, slot);
  const busyUs = traffic.busyUs[slot]! - sensors.seenBusyUs[slot]!;
  sensors.seenBusyUs[slot] = traffic.busyUs[slot]!;
  const runs = world.phase[slot] === PHASE.up;
  const answers = runs && world.hangBy[slot] === NOBODY;
  sortSamples(responses, slot);
  reading.p50Ms = answers ? quantile(responses, slot, 0.5) / 1000 : Number.NaN;
  reading.p95Ms = answers ? quantile(responses, slot, 0.95) / 1000 : Number.NaN;
  forgetSamples(responses, slot);
  const workers = plan.workers[service]!;
  const places = plan.tables[service]!.places - workers;
  readMetrics(
    world,
    slot,
    busyUs / (windowS * SECOND_US * workers),
    places > 0 ? traffic.waiting[slot]! / places : 0,
    reading,
  );
}
