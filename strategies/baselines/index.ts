/** What people run today, as healers behind one interface. */
import type { Healer } from '../contract.ts';
import { strategyHealer } from '../heal.ts';
import { azora } from './azora.ts';
import { docker } from './docker.ts';
import { erlangOtp } from './erlang-otp.ts';
import { hms } from './hms.ts';
import { kubernetes } from './kubernetes.ts';
import { monit } from './monit.ts';
import { nomad } from './nomad.ts';
import { nothing } from './nothing.ts';
import { pm2 } from './pm2.ts';
import { restartAlways } from './restart-always.ts';
import { sreRunbook } from './sre-runbook.ts';
import { supervisord } from './supervisord.ts';
import { sutazai } from './sutazai.ts';
import { systemd } from './systemd.ts';

/** Every baseline, from doing nothing to the systems healix succeeds. Names are unique. */
export const BASELINES: readonly Healer[] = [
  nothing,
  restartAlways,
  kubernetes,
  systemd,
  erlangOtp,
  pm2,
  supervisord,
  monit,
  docker,
  nomad,
  azora,
  sutazai,
  hms,
  strategyHealer('sre-runbook', sreRunbook) as Healer,
];

/** The baseline of that name, undefined when there is none. */
export function findBaseline(name: string): Healer | undefined {
  return BASELINES.find((baseline) => baseline.name === name);
}
