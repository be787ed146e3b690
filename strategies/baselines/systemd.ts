/**
 * systemd 252 with `Restart=always`: restarts 100 ms after an exit, without a probe (WatchdogSec is off), and leaves a unit
 * `failed` after 5 starts in 10 s until somebody resets and starts it by hand.
 * Source: systemd.service(5), systemd.unit(5), system.conf of 252.
 */
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const systemdSpec: SupervisorSpec = {
  name: 'systemd',
  windowMs: 1_000,
  liveness: null,
  restart: { firstDelayMs: 100, baseMs: 100, factor: 1, maxMs: 100, linearMs: 0, jitter: 0, resetAfterMs: 0 },
  giveUp: { kind: 'starts', starts: 5, inMs: 10_000 },
  stopGraceMs: 90_000,
  memory: null,
};

export const systemd = supervisor(systemdSpec);
