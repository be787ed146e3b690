/**
 * pm2 7 as it ships: restarts at once after an exit, has no probe, and looks every 30 s for memory above
 * `max_memory_restart` (which has no default: set here to 0.9 of the limit). It stops restarting at the 16th exit with under
 * 1 s of uptime, but counts those only in the application's first 16 s. Source: pm2 7.0.4 constants.js, God.js, Worker.js.
 */
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const pm2Spec: SupervisorSpec = {
  name: 'pm2',
  windowMs: 1_000,
  liveness: null,
  restart: { firstDelayMs: 0, baseMs: 0, factor: 1, maxMs: 0, linearMs: 0, jitter: 0, resetAfterMs: 30_000 },
  giveUp: { kind: 'quick-exits', exits: 16, ifUptimeBelowMs: 1_000, onlyInFirstMs: 16_000 },
  stopGraceMs: 1_600,
  memory: { share: 0.9, everyMs: 30_000 },
};

export const pm2 = supervisor(pm2Spec);
