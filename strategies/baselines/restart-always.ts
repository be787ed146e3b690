/** The plainest healer that acts: looks every 5 s and restarts whatever is dead or does not answer, without limit. */
import { BOOT_GRACE_MS } from './readings.ts';
import { type SupervisorSpec, supervisor } from './supervisor.ts';

const LOOK_MS = 5_000;

const restartAlwaysSpec: SupervisorSpec = {
  name: 'restart-always',
  windowMs: LOOK_MS,
  liveness: {
    periodMs: LOOK_MS,
    timeoutMs: LOOK_MS,
    failureThreshold: 1,
    initialDelayMs: 0,
    bootGraceMs: BOOT_GRACE_MS,
    paced: false,
    actEveryMs: 0,
  },
  restart: { firstDelayMs: 0, baseMs: 0, factor: 1, maxMs: 0, linearMs: 0, jitter: 0, resetAfterMs: 0 },
  giveUp: null,
  stopGraceMs: 0,
  memory: null,
};

export const restartAlways = supervisor(restartAlwaysSpec);
