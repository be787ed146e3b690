/** The parts a runtime is made of: those that stay as long as it runs, and those that follow from the config. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Healer, Roster } from '../../strategies/contract.ts';
import type { ManagedService } from './actuators/managed-service.ts';
import type { ProcessActuator } from './actuators/process-actuator.ts';
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import type { Tell } from './events.ts';
import { createHealingLoop, type HealingLoop } from './healing-loop.ts';
import type { HealerMemory, InUse } from './in-use.ts';
import type { FileJournal } from './journal/index.ts';
import type { Clock, JournalEntry } from './ports.ts';
import type { TrafficControl } from './traffic.ts';

/** What lives as long as the runtime. */
export interface Site {
  readonly inUse: InUse;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly journal: FileJournal;
  /** What the disk does not take is told, and healing goes on without. */
  readonly write: (entry: JournalEntry) => Promise<void>;
  readonly actuator: ProcessActuator;
  readonly traffic: TrafficControl;
}

/** What follows from the config, and is replaced with it. */
export interface Setup {
  readonly config: RuntimeConfig;
  readonly roster: Roster;
  readonly healer: Healer<HealerMemory>;
  readonly memory: HealerMemory;
  readonly loop: HealingLoop;
}

export function setUp(
  { actuator, journal, clock, tell }: Site,
  config: RuntimeConfig,
  roster: Roster,
  healer: Healer<HealerMemory>,
  memory: HealerMemory,
): Setup {
  const loop = createHealingLoop({
    healer,
    memory,
    services: config.services.map(({ id }) => id),
    actuator,
    journal,
    clock,
    dryRun: config.guard.dryRun,
    onEvent: tell,
  });
  return { config, roster, healer, memory, loop };
}

export function managed(service: ServiceConfig, config: RuntimeConfig): ManagedService {
  return { ...service, logFolder: join(config.stateDir, 'logs') };
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

/** Names a list of services: what a healer's memory is for. */
export function digestOf(roster: Roster): string {
  return createHash('sha256').update(JSON.stringify(roster.services)).digest('hex');
}
