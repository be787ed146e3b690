/** The dashboard of a runtime: hears what it tells from the start on, and looks at it when somebody looks. */
import type { Shown } from '../runtime/control/shown.ts';
import type { RuntimeEvent } from '../runtime/events.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RequestTotals } from '../runtime/traffic-totals.ts';
import { Board, type FleetSource } from './board.ts';
import { pageFiles } from './files.ts';
import type { AgentsView } from './frames.ts';
import type { ServiceNow } from './service-view.ts';
import { createStream, type Stream } from './stream.ts';

export interface RuntimeDashboard {
  /** For `startRuntime`. */
  readonly shown: Shown;
  tell(event: RuntimeEvent): void;
  /** The runtime is at work. */
  connect(runtime: Runtime): void;
  close(): void;
}

/** Told before there is a runtime to be looked at. */
const EARLY_MAX = 1000;
/** Rows of earlier runs that are shown. */
const SEEDED = 100;

export function createRuntimeDashboard(files = pageFiles()): RuntimeDashboard {
  let early: RuntimeEvent[] = [];
  let board: Board | null = null;
  let stream: Stream | null = null;
  return {
    shown: {
      file: files,
      stream: (response, after) => stream?.add(response, after) ?? false,
    },
    tell(event) {
      if (board === null) {
        if (early.length < EARLY_MAX) early.push(event);
        return;
      }
      board.tell(event);
      if (event.kind === 'reloaded') stream?.renew();
    },
    connect(runtime) {
      const known = new Board(sourceOf(runtime));
      const { startedAtMs } = runtime.fleetStatus();
      known.seed(runtime.history(SEEDED).filter(({ atMs }) => atMs < startedAtMs));
      for (const event of early) known.tell(event);
      early = [];
      board = known;
      stream = createStream(known);
    },
    close: () => stream?.close(),
  };
}

function sourceOf(runtime: Runtime): FleetSource {
  return {
    clock: () => ({ kind: 'real', atMs: Date.now(), startedAtMs: runtime.fleetStatus().startedAtMs }),
    fleet() {
      const { name, healedBy, coordination, dryRun, journalHealthy } = runtime.fleetStatus();
      const { level } = coordination;
      return { name, healedBy, level, isDryRun: dryRun, isJournalHealthy: journalHealthy, simulation: null };
    },
    services: () => servicesOf(runtime),
    waiting: () => runtime.waitingForApproval(),
    agents() {
      const { agents } = runtime.fleetStatus().coordination;
      if (agents === null) return null;
      const { epoch, lost, incident, tasksUnderWay } = agents;
      return {
        epoch,
        lost: lost?.reason ?? null,
        incident: incident === null ? null : wordsOf(incident),
        tasksUnderWay,
      };
    },
    messages: () => runtime.fleetStatus().coordination.agents?.messages ?? null,
    refusals: () => runtime.insight().refusals,
    answered: () => answeredOf(runtime),
  };
}

function servicesOf(runtime: Runtime): ServiceNow[] {
  const { roster, can, heldUntilMs } = runtime.insight();
  const nowMs = Date.now();
  return runtime.status().map((status, index): ServiceNow => {
    const held = heldUntilMs(index);
    return {
      ...status,
      dependsOn: roster.services[index]!.dependsOn.map((other) => roster.services[other]!.id),
      isProtected: roster.guard.protected.includes(status.id),
      canIsolate: can(status.id).has('circuit-break'),
      heldUntilMs: held > nowMs ? held : null,
    };
  });
}

/** As the gateways of those that no other service calls count: what users ask. */
function answeredOf(runtime: Runtime): { readonly good: number; readonly all: number } | null {
  const { roster, requests } = runtime.insight();
  const called = new Set(roster.services.flatMap(({ dependsOn }) => dependsOn));
  const doors = roster.services.flatMap(({ id }, index) => (called.has(index) ? [] : (requests(id) ?? [])));
  if (doors.length === 0) return null;
  const allOf = ({ ok, failed, refused, fallback, overloaded, unroutable }: RequestTotals): number =>
    ok + failed + refused + fallback + overloaded + unroutable;
  return { good: doors.reduce((sum, { ok }) => sum + ok, 0), all: doors.reduce((sum, door) => sum + allOf(door), 0) };
}

function wordsOf({ incident, service, why, sinceMs }: NonNullable<AgentsView['incident']>): AgentsView['incident'] {
  return { incident, service, why, sinceMs };
}
