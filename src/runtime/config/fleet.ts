/** A fleet file from a runtime config, so that what is simulated and what runs are the same fleet. Plain data, ready for YAML. */
import { ACTION_FACTS, type ActionKind } from '../../../strategies/contract.ts';
import { kindsOf } from '../actuators/managed-service.ts';
import type { RuntimeConfig, ServiceConfig } from './resolve.ts';

/** Plain data: what a YAML file can hold. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** Users' requests a second where the config does not say: the low end of the shipped fleets. */
const ENTRY_PER_S = 60;
/** Kinds of action that start processes, at the pace of what does it. */
const PACED = ['restart', 'scale-up', 'rollback'] as const;
/** How the runtime itself replaces processes on its host: at once, and a spawn that fails is rare (none of some hundred in bench/RUNTIME.md). */
const PLATFORM = {
  actionFails: 0.01,
  processRestartS: { median: 0.1, sigma: 0.5 },
  placementS: 0,
  rolloutLeadS: 0,
  readinessS: 0,
  // The window of most packs; the gateway lets a replica in that it has nobody better than.
  readinessPeriodS: 5,
  callsUnready: true,
};
/** All of a runtime's services share one host, and with it their fate. */
const HOST = 'host';

/**
 * The config as a fleet file has it (DESIGN section 4). Users arrive where `simulate.entry` says; if nowhere, at every service
 * that no other depends on. What the config does not know is left out, so the fleet file's own defaults hold. A dry run is
 * how one runs the runtime, not a property of the fleet, and is not taken along.
 */
export function fleetOf(config: RuntimeConfig): { readonly [key: string]: Plain } {
  const { restartsPer10Min, minHealthy, maxDisabledShare, inFlight } = config.guard;
  const isSaid = config.services.some(({ simulate }) => simulate.entry !== undefined);
  const called = new Set(config.services.flatMap(({ dependsOn }) => dependsOn.map(({ service }) => service)));
  return {
    name: config.name,
    services: config.services.map((service) => serviceOf(service, !isSaid && !called.has(service.id))),
    zones: [HOST],
    groups: [{ id: HOST, services: config.services.map(({ id }) => id) }],
    // What users' own commands reach is a platform of its own, of which nothing is known.
    ...(config.services.some(({ actions }) => PACED.some((kind) => actions.has(kind))) ? {} : { platform: PLATFORM }),
    guard: { restartsPer10Min, minHealthy, maxDisabledShare, inFlight, protected: config.guard.protected },
  };
}

function serviceOf(service: ServiceConfig, isRoot: boolean): Plain {
  const { id, tier, replicas, gateway, dependsOn, simulate, releases, actions, stopGraceMs } = service;
  const cannot = lacking(service);
  const entry = simulate.entry ?? (isRoot ? { ratePerS: ENTRY_PER_S } : undefined);
  return plain({
    id,
    tier,
    replicas: { ...replicas },
    stopGraceS: stopGraceMs / 1000,
    ...simulate,
    // Users do not wait longer than the gateway does.
    entry: entry === undefined ? undefined : { ...(gateway === null ? {} : { lateMs: gateway.timeoutMs }), ...entry },
    performanceProbe: service.probes.some(doesWork) || undefined,
    cannot: cannot.length === 0 ? undefined : cannot,
    // A command of the user's own finds its way back by itself.
    earlierRelease: actions.has('rollback') || releases === null ? undefined : hasEarlier(releases),
    dependsOn: dependsOn.length === 0 ? undefined : dependsOn.map((dependency) => ({ ...dependency })),
  });
}

/** Whether a probe asks for the service's own work: that the kernel accepts a connection, or that the service reports, is none. */
function doesWork({ level, look }: ServiceConfig['probes'][number]): boolean {
  return level === 'performance' && (look.kind === 'http' || look.kind === 'exec');
}

/** What the actuators would answer `unsupported` to, whatever comes. Fewer replicas than slots the fleet file tells by itself. */
function lacking(service: ServiceConfig): ActionKind[] {
  const { replicas, gateway, releases } = service;
  const can = new Set(kindsOf(service, replicas.max));
  for (const kind of ['escalate', 'scale-up', 'scale-down'] as const) can.add(kind);
  if (releases?.link != null) can.add('rollback');
  if (gateway !== null) can.add('circuit-break').add('reroute');
  if (gateway?.fallback != null) can.add('fallback');
  // What a command of the user's own started, healix cannot end.
  if (service.actions.has('scale-up') && !service.actions.has('scale-down')) can.delete('scale-down');
  return (Object.keys(ACTION_FACTS) as ActionKind[]).filter((kind) => !can.has(kind));
}

function hasEarlier({ previous, current }: NonNullable<ServiceConfig['releases']>): boolean | undefined {
  // The fleet file's own default needs no words.
  return previous !== null && previous !== current ? undefined : false;
}

/** Without the gaps that optional fields leave, at any depth. */
function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as Plain;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])),
  );
}
