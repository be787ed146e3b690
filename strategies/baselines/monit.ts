/**
 * monit 5.33 with the cycle of its manual, 30 s: at each cycle a process that is gone is started, and one that fails its http
 * test or holds more than 90 % of its memory is restarted at the first failure. Http tests wait until the process is older
 * than the start timeout, 30 s. Restart limits are opt-in. Source: monit 5.33 manual and monitrc.
 */
import { type SupervisorSpec, supervisor } from './supervisor.ts';

const CYCLE_MS = 30_000;

export const monitSpec: SupervisorSpec = {
  name: 'monit',
  windowMs: CYCLE_MS,
  liveness: {
    periodMs: CYCLE_MS,
    timeoutMs: 5_000,
    failureThreshold: 1,
    initialDelayMs: 30_000,
    bootGraceMs: 30_000,
    paced: false,
    actEveryMs: 0,
  },
  restart: {
    firstDelayMs: 0,
    baseMs: CYCLE_MS,
    factor: 1,
    maxMs: CYCLE_MS,
    linearMs: 0,
    jitter: 0,
    resetAfterMs: 0,
  },
  giveUp: null,
  stopGraceMs: 30_000,
  memory: { share: 0.9, everyMs: CYCLE_MS },
};

export const monit = supervisor(monitSpec);
