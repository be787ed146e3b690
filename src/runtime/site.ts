/** The parts a runtime is made of: those that stay as long as it runs, and those that follow from the config. */
import { join } from 'node:path';
import type { Action, Healer, Roster } from '../../strategies/contract.ts';
import type { Network } from '../../strategies/coordinate/network.ts';
import { packageVersion } from '../package-root.ts';
import type { ManagedService } from './actuators/managed-service.ts';
import type { ProcessActuator } from './actuators/process-actuator.ts';
import type { Approvals } from './approvals.ts';
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import type { Control } from './control/control.ts';
import { reportToken } from './control/report-token.ts';
import type { Wanted } from './coordination/wanted.ts';
import type { Tell } from './events.ts';
import { createHealingLoop, type HealingLoop } from './healing-loop.ts';
import type { HistoryLog } from './history.ts';
import type { Coordination, HealerMemory, InUse } from './in-use.ts';
import type { FileJournal } from './journal/index.ts';
import type { Lessons } from './lessons.ts';
import type { Listing } from './listing.ts';
import type { Clock, JournalEntry } from './ports.ts';
import type { LookRecord } from './probes/look.ts';
import type { Signs } from './signs/open-signs.ts';
import type { TrafficControl } from './traffic.ts';

/** What lives as long as the runtime. */
export interface Site {
  readonly inUse: InUse;
  readonly wanted: Wanted;
  readonly network: Network | undefined;
  /** Its timers keep no process alive. */
  readonly wakeClock: Clock;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly signs: Signs;
  readonly journal: FileJournal;
  readonly history: HistoryLog;
  /** What the disk does not take is told, and healing goes on without. */
  readonly write: (entry: JournalEntry) => Promise<void>;
  readonly actuator: ProcessActuator;
  readonly traffic: TrafficControl;
  readonly listing: Listing;
  readonly onLook: (record: LookRecord) => void;
  readonly approvals: Approvals;
  readonly lessons: Lessons;
  readonly startedAtMs: number;
  /** Null when nobody may ask over the network. */
  readonly control: Control | null;
  readonly reportsTo: ReportsTo;
}

/** Where services report in: it stays where it was at the start, whatever a later config says. */
export interface ReportsTo {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** What follows from the config, and is replaced with it. */
export interface Setup {
  readonly config: RuntimeConfig;
  readonly coordination: Coordination;
  readonly roster: Roster;
  readonly healer: Healer<HealerMemory>;
  readonly memory: HealerMemory;
  readonly loop: HealingLoop;
}

export function setUp(
  { actuator, journal, clock, tell, signs, approvals, network, wakeClock }: Site,
  config: RuntimeConfig,
  coordination: Coordination,
  roster: Roster,
  healer: Healer<HealerMemory>,
  memory: HealerMemory,
): Setup {
  const loop = createHealingLoop({
    healer,
    memory,
    services: config.services.map(({ id }) => id),
    actuator,
    journal: signs.metrics.timed(journal),
    clock,
    dryRun: config.guard.dryRun,
    approvals,
    approvalMs: (action) => approvalMs(config, action),
    ...(coordination.level === 'basic' ? {} : { approvalLimits: coordination.law.constitution.approval }),
    tierOf: (service) => config.services[service]!.tier,
    onEvent: tell,
    wakeClock,
    network,
  });
  return { config, coordination, roster, healer, memory, loop };
}

/** The same, with a loop that is at work. */
export function reopened(site: Site, { config, coordination, roster, healer, memory }: Setup): Setup {
  return setUp(site, config, coordination, roster, healer, memory);
}

function approvalMs(config: RuntimeConfig, { service, kind }: Action): number | null {
  const { approve, approveS } = config.policies[config.services[service]!.tier];
  return approve.includes(kind) ? approveS * 1000 : null;
}

/** A service that reports in by itself is told where to, and by which word. */
export function managed(service: ServiceConfig, stateDir: string, { host, port, token }: ReportsTo): ManagedService {
  const logFolder = join(stateDir, 'logs');
  if (!service.probes.some(({ look }) => look.kind === 'push')) return { ...service, logFolder };
  const address = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host === '::' ? '::1' : host}]` : host;
  const env = {
    HEALIX_REPORT_URL: `http://${address}:${port}/report/${service.id}/{replica}`,
    HEALIX_REPORT_TOKEN: reportToken(token, service.id),
  };
  return { ...service, env: { ...env, ...service.env }, logFolder };
}

/** The gateway follows the processes: who runs gets calls. */
export function announcePorts(actuator: ProcessActuator, traffic: TrafficControl): void {
  for (const [service, slots] of Object.entries(actuator.state())) {
    traffic.setReplicas(
      service,
      slots.map(({ state }) => (state.kind === 'empty' ? null : (state.record?.port ?? null))),
    );
  }
}

/** What metrics call what is at work. */
export function infoOf({ config, coordination }: Setup, pack: string) {
  return { fleet: config.name, version: packageVersion(), pack, level: coordination.level };
}
