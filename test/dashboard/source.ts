/** A fleet made up for the board: services in a chain or a tree, with whatever status a test gives them. */
import type { FleetSource } from '../../src/dashboard/board.ts';
import type { ServiceNow } from '../../src/dashboard/service-view.ts';
import type { HealthEvent } from '../../src/runtime/signs/signs.ts';
import type { Action, HealthStatus, ReplicaReading, Signal } from '../../strategies/contract.ts';
import type { Refusal } from '../../strategies/guard.ts';

export interface MadeUp extends FleetSource {
  readonly known: ServiceNow[];
  readonly refused: Refusal[];
  nowMs: number;
  set(id: string, change: Partial<ServiceNow>): void;
}

/** `parents`: for each service but the first the place of who calls it. */
export function madeUp(count: number, parentOf: (index: number) => number = (index) => index - 1): MadeUp {
  const id = (index: number): string => `s${index}`;
  const children = Array.from({ length: count }, (): string[] => []);
  for (let index = 1; index < count; index += 1) children[parentOf(index)]!.push(id(index));
  const known = children.map(
    (dependsOn, index): ServiceNow => ({
      ...{ id: id(index), tier: 'default', status: 'healthy', reason: '', circuit: 'closed', paused: false },
      replicas: [0, 1, 2].map((slot) => ({ state: 'running', pid: 1000 + slot, port: null })),
      ...{ dependsOn, isProtected: false, canIsolate: false, heldUntilMs: null, figures: null },
    }),
  );
  const refused: Refusal[] = [];
  const source: MadeUp = {
    known,
    refused,
    nowMs: 1_000_000,
    set(name, change) {
      const at = known.findIndex((one) => one.id === name);
      known[at] = { ...known[at]!, ...change };
    },
    clock: () => ({ kind: 'real', atMs: source.nowMs, startedAtMs: 0 }),
    fleet: () => ({
      ...{ name: 'made-up', healedBy: 'test', level: 'basic', isDryRun: false, isJournalHealthy: true },
      simulation: null,
    }),
    services: () => known,
    waiting: () => [],
    agents: () => null,
    messages: () => null,
    refusals: () => refused,
    answered: () => null,
  };
  return source;
}

export const health = (service: string, status: HealthStatus, atMs: number, reason = ''): HealthEvent => ({
  ...{ kind: 'health', atMs, service, tier: 'default', status, reason },
});

export function signal(service: number, atMs: number, change: Partial<ReplicaReading> = {}): Signal {
  const reading: ReplicaReading = {
    ...{ present: 1, live: 1, ready: 1, inRotation: 1, calls: 100, failed: 0, p50Ms: 5, p95Ms: 20 },
    ...{ cpu: 0.3, memory: 0.5, queue: Number.NaN, exitCode: Number.NaN, uptimeS: 60 },
    ...change,
  };
  const replicas = [reading, { ...reading }, { ...reading }];
  const ages = { deployAgeS: 1e6, configAgeS: 1e6, configDiffers: 0, dependencyFailed: [] };
  return { kind: 'signal', atMs, service, windowMs: 1000, replicas, ...ages };
}

export const restart = (id: number, service: number, atMs: number): Action => ({
  ...{
    kind: 'restart',
    mode: 'hard',
    id,
    atMs,
    service,
    replica: 0,
    cause: 'unresponsive',
    rung: 1,
    reason: '3 unanswered',
  },
});
