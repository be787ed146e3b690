/**
 * Docker with `--restart always`, a health check and autoheal: exits are restarted after 100 ms doubling to 60 s, forgotten
 * after a run of 10 s; a health check every 30 s with 30 s of timeout marks a container unhealthy at the third failure, and
 * autoheal, which looks every 5 s, restarts it outside that back-off. (Probes start on a fixed grid here; the real ones wait
 * the interval out after each verdict, which is slower.)
 * Source: moby restartmanager.go, health.go; willfarrell/docker-autoheal.
 */
import { BOOT_GRACE_MS } from './readings.ts';
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const dockerSpec: SupervisorSpec = {
  name: 'docker',
  windowMs: 1_000,
  liveness: {
    periodMs: 30_000,
    timeoutMs: 30_000,
    failureThreshold: 3,
    initialDelayMs: 0,
    bootGraceMs: BOOT_GRACE_MS,
    paced: false,
    actEveryMs: 5_000,
  },
  restart: {
    firstDelayMs: 100,
    baseMs: 100,
    factor: 2,
    maxMs: 60_000,
    linearMs: 0,
    jitter: 0,
    resetAfterMs: 10_000,
  },
  giveUp: null,
  stopGraceMs: 10_000,
  memory: null,
};

export const docker = supervisor(dockerSpec);
