/**
 * Nomad's service job: a start 15 s (and up to a quarter more) after a failure, twice in 30 min; the next failure fails the
 * allocation, which is rescheduled after 30 s doubling to 1 h, with a fresh restart count, without end. `check_restart` is
 * off until set; it is on here with the manual's example, 3 failures of a 10 s check, and goes through the same policy.
 * Source: nomad/structs/structs.go, client/allocrunner/taskrunner/restarts/restarts.go.
 */
import { BOOT_GRACE_MS } from './readings.ts';
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const nomadSpec: SupervisorSpec = {
  name: 'nomad',
  windowMs: 1_000,
  liveness: {
    periodMs: 10_000,
    timeoutMs: 2_000,
    failureThreshold: 3,
    initialDelayMs: 1_000,
    bootGraceMs: BOOT_GRACE_MS,
    paced: true,
    actEveryMs: 0,
  },
  restart: {
    firstDelayMs: 15_000,
    baseMs: 15_000,
    factor: 1,
    maxMs: 15_000,
    linearMs: 0,
    jitter: 0.25,
    resetAfterMs: 0,
  },
  giveUp: { kind: 'reschedule', restarts: 2, inMs: 1_800_000, delayMs: 30_000, factor: 2, maxMs: 3_600_000 },
  stopGraceMs: 5_000,
  memory: null,
};

export const nomad = supervisor(nomadSpec);
