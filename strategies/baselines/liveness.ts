/** A liveness probe as supervisors run it: every period, with a timeout, failed after so many misses in a row. */
import type { ReplicaReading, Signal } from '../contract.ts';
import { isBooting } from './readings.ts';

/** Liveness probing, milliseconds. A probe fails when no window between its start and its timeout was answered. */
export interface LivenessProbe {
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  /** No probe before this uptime. */
  readonly initialDelayMs: number;
  /** A process that was never ready is taken as booting, and not probed, up to this uptime. */
  readonly bootGraceMs: number;
  /** Restarts for failed probes wait out the back-off and count in it, as those for exits do. */
  readonly paced: boolean;
  /** Failed probes are acted upon on this grid (the pace of whoever reads the verdicts); 0 = at every look. */
  readonly actEveryMs: number;
}

/** Progress of the probing of one replica. Plain data. */
export interface ProbeState {
  /** 1 once the running process has been ready. */
  everReady: number;
  /** Failed probes in a row. */
  failures: number;
  /** Start of the probe under way, -1 without one; when the next is due. */
  sinceMs: number;
  nextMs: number;
}

export function freshProbe(): ProbeState {
  return { everReady: 0, failures: 0, sinceMs: -1, nextMs: 0 };
}

/** A new process runs in the slot: nothing is held against it. The probe's clock goes on. */
export function restartProbe(state: ProbeState): void {
  state.everReady = 0;
  state.failures = 0;
  state.sinceMs = -1;
}

/** Runs the probe through this window; true while its failures in a row have reached the threshold. */
export function probeFails(probe: LivenessProbe, state: ProbeState, reading: ReplicaReading, signal: Signal): boolean {
  const { atMs, windowMs } = signal;
  if (reading.ready === 1) state.everReady = 1;
  const early = reading.uptimeS * 1000 < probe.initialDelayMs;
  if (early || (state.everReady === 0 && isBooting(reading, probe.bootGraceMs))) {
    restartProbe(state);
    return false;
  }
  if (state.sinceMs < 0 && atMs >= state.nextMs && !Number.isNaN(reading.live)) {
    state.sinceMs = atMs - windowMs;
    state.nextMs = atMs + probe.periodMs;
  }
  if (state.sinceMs >= 0) {
    if (reading.live === 1) {
      state.failures = 0;
      state.sinceMs = -1;
    } else if (atMs - state.sinceMs >= probe.timeoutMs) {
      state.failures += 1;
      state.sinceMs = -1;
    }
  }
  return state.failures >= probe.failureThreshold;
}
