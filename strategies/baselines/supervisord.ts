/**
 * supervisord 4.2 as it ships: an exit after `startsecs` (1 s) is followed by a start at once; quicker ones wait 1, 2, 3 s,
 * and after those three retries the process is FATAL until started by hand. No probe. Source: supervisor 4.2.5 options.py,
 * process.py. (Its default restarts only unexpected exit codes; a fleet's services are never meant to exit.)
 */
import { type SupervisorSpec, supervisor } from './supervisor.ts';

export const supervisordSpec: SupervisorSpec = {
  name: 'supervisord',
  windowMs: 1_000,
  liveness: null,
  restart: { firstDelayMs: 0, baseMs: 0, factor: 1, maxMs: 0, linearMs: 1_000, jitter: 0, resetAfterMs: 1_000 },
  giveUp: { kind: 'retries', retries: 3 },
  stopGraceMs: 10_000,
  memory: null,
};

export const supervisord = supervisor(supervisordSpec);
