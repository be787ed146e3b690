/**
 * Kubernetes 1.33 as it ships: liveness every 10 s, three misses; CrashLoopBackOff at once, 10, 20, 40 .. 300 s, forgotten
 * after 10 min of running; liveness kills use the same curve. Memory is the platform's own kill, seen here as an exit.
 * Source: kubernetes/website pod-lifecycle.md and configure-liveness-readiness-startup-probes.md.
 */
import { BOOT_GRACE_MS } from './readings.ts';
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const kubernetesSpec: SupervisorSpec = {
  name: 'kubernetes',
  windowMs: 1_000,
  liveness: {
    periodMs: 10_000,
    timeoutMs: 1_000,
    failureThreshold: 3,
    initialDelayMs: 0,
    bootGraceMs: BOOT_GRACE_MS,
    paced: true,
    actEveryMs: 0,
  },
  restart: {
    firstDelayMs: 0,
    baseMs: 10_000,
    factor: 2,
    maxMs: 300_000,
    linearMs: 0,
    jitter: 0,
    resetAfterMs: 600_000,
  },
  giveUp: null,
  stopGraceMs: 30_000,
  memory: null,
};

export const kubernetes = supervisor(kubernetesSpec);
